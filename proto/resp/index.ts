export { CommandArguments } from './command-arguments.js';
export { type CommandArgument, CommandEncoder, encodeCommand } from './command-encoder.js';
export { InputBudget } from './gathered-bytes.js';
export { type Reply, ReplyError } from './reply.js';
export { ReplyBuffer } from './reply-buffer.js';
export { type FrameHandler, ReplyFramer } from './reply-framer.js';
export { decodeReply, type ReplyHandler, ReplyParser } from './reply-parser.js';
export type { ReplyWriter, RespVersion } from './reply-writer.js';
export { type RequestHandler, RequestParser } from './request-parser.js';
