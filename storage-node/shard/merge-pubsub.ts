import { decodeReply, type ReplyWriter } from '@satchel/proto/resp';

/** Merges the replies of shards to a PUBSUB command: numbers are added, channels listed once, numbers by channel added. */
export function mergePubSub(output: ReplyWriter, replies: readonly Buffer[]): void {
  const decoded = replies.map((reply) => decodeReply(reply));
  const counts = new Map<string, number>();
  let sum = 0;
  let counted = false;
  for (const reply of decoded) {
    if (typeof reply === 'number') sum += reply;
    if (!Array.isArray(reply)) continue;
    for (const [index, element] of reply.entries()) {
      if (!Buffer.isBuffer(element)) continue;
      const channel = element.toString('latin1');
      const next = reply[index + 1];
      counted ||= typeof next === 'number';
      counts.set(channel, (counts.get(channel) ?? 0) + (typeof next === 'number' ? next : 0));
    }
  }
  if (typeof decoded[0] === 'number') {
    output.integer(sum);
    return;
  }
  output.array(counts.size * (counted ? 2 : 1));
  for (const [channel, count] of counts) {
    output.bulk(Buffer.from(channel, 'latin1'));
    if (counted) output.integer(count);
  }
}
