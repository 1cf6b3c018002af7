import type { Connection } from './connection.js';
import type { ReplySink } from './link.js';
import { isError } from './reply-version.js';

const moved = Buffer.from('-MOVED ');
const gone = Buffer.from('-GONE the slot is changing its shard; repeat the command\r\n');

/** A sink that fills the next place among the connection's replies. */
export function replyTo(connection: Connection): ReplySink {
  const pending = connection.expect();
  return (bytes, start, end) => {
    // The other shard has a newer slot map than this one, or an older: a plain client cannot follow it.
    if (isError(bytes, start) && bytes.compare(moved, 0, moved.length, start, Math.min(end, start + moved.length)) === 0) {
      connection.settle(pending, gone, 0, gone.length);
    } else connection.settle(pending, bytes, start, end);
  };
}
