export { CommandArguments } from './command-arguments.js';
export { type CommandArgument, CommandEncoder, encodeCommand } from './command-encoder.js';
export { type Reply, ReplyError } from './reply.js';
export { type FrameHandler, ReplyFramer } from './reply-framer.js';
export { decodeReply, type ReplyHandler, ReplyParser } from './reply-parser.js';
export type { ReplyWriter, RespVersion } from './reply-writer.js';
