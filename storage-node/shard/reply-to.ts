import type { Connection } from './connection.js';
import type { ReplySink } from './link.js';
import { isMoved } from './reply-version.js';

/** A sink that fills the next place among the connection's replies. */
export function replyTo(connection: Connection): ReplySink {
  const pending = connection.expect();
  return (bytes, start, end) => {
    if (!isMoved(bytes, start, end)) return connection.settle(pending, bytes, start, end);
    const gone = slotIsMoving(bytes.toString('latin1', start, end));
    connection.settle(pending, gone, 0, gone.length);
  };
}

/** What a client that cannot follow slots is told for `MOVED`: where the slot went, so that those who know the job's shards can repeat the command there. */
export function slotIsMoving(line: string): Buffer {
  const [, slot = '', address = ''] = line.trimEnd().split(' ');
  return Buffer.from(`-GONE slot ${slot} is moving to ${address}; repeat the command\r\n`, 'latin1');
}
