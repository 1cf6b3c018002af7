import { SatchelError } from '@satchel/proto/core';
import type { ReplyBuffer } from '@satchel/proto/resp';
import { linkPush } from './link-protocol.js';
import { endOfReply, firstElement, isError, wordAt } from './reply-version.js';

const greater = 0x3e;

/** The error line that stands for a reply whose command could not be committed. */
export function uncommittedLine(error: unknown): string {
  const { message } = SatchelError.from(error);
  return `UNKNOWN the write may or may not survive a restart of the shard: ${message}`.replaceAll(/[\r\n]+/g, ' ');
}

/** Turns the replies from `from` on into errors. Pushes stay, but for those that bring the reply of another shard's command. */
export function retractReplies(output: ReplyBuffer, from: number, line: string): void {
  const bytes = Buffer.from(output.buffer.subarray(from, output.length));
  output.truncate(from);
  for (let at = 0; at < bytes.length; ) {
    const end = endOfReply(bytes, at);
    const replyAt = bytes[at] === greater ? replyOfPush(bytes, at) : at;
    if (replyAt === undefined || isError(bytes, replyAt)) output.raw(bytes.subarray(at, end));
    else {
      output.raw(bytes.subarray(at, replyAt));
      output.error(line);
    }
    at = end;
  }
}

/** Where the reply begins that a push brings; undefined if it brings none. */
function replyOfPush(bytes: Buffer, start: number): number | undefined {
  const nameAt = firstElement(bytes, start);
  const idAt = endOfReply(bytes, nameAt);
  return wordAt(bytes, nameAt, idAt) === linkPush.reply ? endOfReply(bytes, idAt) : undefined;
}
