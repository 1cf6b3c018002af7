import type { ReplyWriter } from '@satchel/proto/resp';

/** What waits need of a connection; Session provides it. */
export interface WaitingSession {
  /** Calls back once when the connection has closed, at once if it has. Returns what removes the listener. */
  onClose(listener: () => void): () => void;
  /** Has `write` write an out-of-band message (RESP3) as soon as no reply is half written, after replies already given. */
  push(write: (reply: ReplyWriter) => void): void;
}
