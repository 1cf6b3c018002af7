import type { Connection } from './connection.js';
import type { ReplySink } from './link.js';
import { isMoved } from './reply-version.js';

/** A sink that fills the next place among the connection's replies. */
export function replyTo(connection: Connection): ReplySink {
  const pending = connection.expect();
  return (bytes, start, end) => {
    // The other shard has a newer slot map than this one, or an older: a plain client cannot follow it.
    if (isMoved(bytes, start, end)) {
      const gone = slotIsMoving(bytes.toString('latin1', start, end));
      connection.settle(pending, gone, 0, gone.length);
    } else connection.settle(pending, bytes, start, end);
  };
}

/** Says where the slot went, so that clients that know the job's shards can repeat the command there. */
export function slotIsMoving(line: string): Buffer {
  const [, slot = '', address = ''] = line.trimEnd().split(' ');
  return Buffer.from(`-GONE slot ${slot} is moving to ${address}; repeat the command\r\n`, 'latin1');
}
