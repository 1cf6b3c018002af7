import { type CommandArguments, ReplyBuffer } from '@satchel/proto/resp';
import type { Command } from '../command.js';
import { pick } from '../peers.js';
import { appendReply, endOfReply, firstElement, lengthAt } from '../reply-version.js';

/** What other shards answered to a command, each for one of its keys, in RESP3. */
export type Answers = ReadonlyMap<string, Buffer>;

/** Whether a command reads each of its keys by itself, so that its reply can be put together of several. */
export function readsEach({ verb, merge, keys }: Command): boolean {
  return verb === 'read' && (merge === 'sum' || merge === 'array') && keys?.first === 1 && keys.last === -1 && keys.step === 1;
}

/** Runs a command here on the keys for which nobody else has answered, and writes one reply. */
export function readThrough(
  command: Command,
  args: CommandArguments,
  answers: Answers,
  reply: ReplyBuffer,
  run: (reply: ReplyBuffer, args?: CommandArguments) => void | Promise<void>,
): void | Promise<void> {
  if (answers.size === 0) return run(reply);
  if (readsEach(command)) return merged(command, args, answers, reply, run);
  for (const answer of answers.values()) appendReply(reply, answer, 0, answer.length);
}

async function merged(
  { merge }: Command,
  args: CommandArguments,
  answers: Answers,
  reply: ReplyBuffer,
  run: (reply: ReplyBuffer, args: CommandArguments) => void | Promise<void>,
): Promise<void> {
  const byIndex = Array.from({ length: args.count }, (_, index) => answers.get(args.bytes(index).toString('latin1')));
  const own = [...byIndex.keys()].filter((index) => index > 0 && byIndex[index] === undefined);
  const here = new ReplyBuffer(1024);
  here.version = 3;
  if (own.length > 0) await run(here, pick(args, [0, ...own]));
  const elsewhere = byIndex.slice(1);
  if (merge === 'sum') {
    const sum = elsewhere.reduce((total, answer) => total + (answer === undefined ? 0 : lengthAt(answer, 0)), 0);
    reply.integer(sum + (own.length > 0 ? lengthAt(here.buffer, 0) : 0));
    return;
  }
  reply.array(elsewhere.length);
  let at = own.length > 0 ? firstElement(here.buffer, 0) : 0;
  for (const answer of elsewhere) {
    if (answer !== undefined) appendReply(reply, answer, firstElement(answer, 0), answer.length);
    else {
      const end = endOfReply(here.buffer, at);
      appendReply(reply, here.buffer, at, end);
      at = end;
    }
  }
}
