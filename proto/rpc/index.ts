export { type ControllerAddress, controllerAddress, parseControllerAddresses } from './addresses.js';
export { type ControllerChannel, dial } from './channel.js';
export { shareEncoding } from './encoding.js';
export { type Listening, listen } from './listen.js';
export { loadSchema, type Schema } from './schema.js';
export { type ServerHandle, serve } from './serve.js';
export { fromServiceError, notLeading, toServiceError } from './status.js';
export { readUsage, usageMessage } from './usage.js';
