import { connect, type Socket } from 'node:net';
import { parseJobUrl, SatchelError } from '@satchel/proto/core';

/** Objects that are stored or read in bulk: `PREFIX0000000000` and so on. */
export interface BulkOptions {
  readonly prefix: string;
  readonly count: number;
  readonly valueBytes: number;
}

const digits = 10;
const batch = 500;
/** Commands that may be unanswered: enough to keep a shard busy, less than its limits. */
const window = 4000;
const ok = '+OK\r\n';

/** The key of a number among objects stored in bulk. */
export function bulkKey(prefix: string, number: number): string {
  return prefix + String(number).padStart(digits, '0');
}

/** Stores objects as fast as a shard takes them, on a connection of its own. Rejects with the first error it answers. */
export async function storeInBulk(url: string, { prefix, count, valueBytes }: BulkOptions): Promise<void> {
  const connection = await Connection.open(url);
  try {
    const commands = Array.from({ length: batch }, () => setCommand(bulkKey(prefix, 0), valueBytes));
    const bytes = Buffer.from(commands.join(''));
    const commandBytes = bytes.length / batch;
    const digitsAt = (commands[0] as string).indexOf(bulkKey(prefix, 0)) + prefix.length;
    for (let from = 0; from < count; from += batch) {
      const many = Math.min(batch, count - from);
      for (let index = 0; index < many; index++) {
        bytes.write(String(from + index).padStart(digits, '0'), index * commandBytes + digitsAt, 'latin1');
      }
      // The socket may keep what it cannot send at once, and the batch is written anew for the next.
      connection.write(Buffer.from(bytes.subarray(0, many * commandBytes)), many * ok.length);
      await connection.untilAwaited(window * ok.length);
    }
    await connection.untilAwaited(0);
  } finally {
    connection.close();
  }
}

/** Sends `count` gets of objects stored in bulk in one go and waits for all the replies. Rejects if one is not the value. */
export async function readInBulk(url: string, { prefix, count, valueBytes }: BulkOptions, stored: number): Promise<void> {
  const connection = await Connection.open(url);
  try {
    const commands = Array.from({ length: count }, (_, index) => encoded(['GET', bulkKey(prefix, index % stored)]));
    connection.write(Buffer.from(commands.join('')), count * `$${valueBytes}\r\n${' '.repeat(valueBytes)}\r\n`.length);
    await connection.untilAwaited(0);
  } finally {
    connection.close();
  }
}

function setCommand(key: string, valueBytes: number): string {
  return encoded(['SET', key, 'x'.repeat(valueBytes)]);
}

function encoded(args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}

/** A connection whose replies are known beforehand, so that they need only be counted. */
class Connection {
  readonly #socket: Socket;
  #awaitedBytes = 0;
  #below = 0;
  #settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#received(bytes));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new SatchelError('unavailable', 'the shard closed a connection that made load')));
  }

  static async open(url: string): Promise<Connection> {
    const { host, port, job, token } = parseJobUrl(url);
    const connection = new Connection(connect({ host, port }));
    connection.write(Buffer.from(encoded(['AUTH', job, token])), ok.length);
    await connection.untilAwaited(0);
    return connection;
  }

  /** `replyBytes`: length of the replies. */
  write(bytes: Buffer, replyBytes: number): void {
    this.#awaitedBytes += replyBytes;
    this.#socket.write(bytes);
  }

  /** Resolves once at most so many bytes of replies are awaited. */
  untilAwaited(bytes: number): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#awaitedBytes <= bytes) return Promise.resolve();
    this.#below = bytes;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  close(): void {
    this.#failure ??= new SatchelError('unavailable', 'closed');
    this.#socket.destroy();
  }

  #received(bytes: Buffer): void {
    const error = bytes.indexOf('-');
    if (error >= 0) {
      this.#fail(new SatchelError('failed', `a shard answered: ${bytes.toString('latin1', error, error + 200).split('\r')[0]}`));
      return;
    }
    this.#awaitedBytes -= bytes.length;
    if (this.#awaitedBytes > this.#below) return;
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.reject(this.#failure);
    this.#settle = undefined;
  }
}
