export { CommandArguments } from './command-arguments.js';
export type { ReplyWriter, RespVersion } from './reply-writer.js';
