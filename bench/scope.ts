import { SatchelError } from '@satchel/proto/core';

/** What was opened in a piece of work and must be closed whatever becomes of it. */
export class Scope {
  readonly #closers: (() => unknown)[] = [];
  readonly #end = new AbortController();

  /** Aborts when the scope is closed. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Waits for something to open, or takes what is open; `close` is called with it at the scope's end, or at once if that has come meanwhile. */
  async open<Thing>(opening: Thing | Promise<Thing>, close: (thing: Thing) => unknown): Promise<Thing> {
    const thing = await opening;
    if (!this.signal.aborted) {
      this.#closers.push(() => close(thing));
      return thing;
    }
    await close(thing);
    throw new SatchelError('failed', 'stopped');
  }

  /** Closes what was opened, last first; what fails to close does not keep the others open. */
  async close(): Promise<void> {
    this.#end.abort();
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await Promise.resolve(close()).catch(() => {});
  }
}

/** Runs work whose scope is closed at its end, also when it fails or this process is told to stop, which makes it fail. */
export async function inScope<Result>(run: (scope: Scope) => Promise<Result>): Promise<Result> {
  const scope = new Scope();
  try {
    return await Promise.race([run(scope), stopSignal()]);
  } finally {
    await scope.close();
  }
}

/** Rejects when the process is told to stop, or when the satchel command that started it is gone. */
export function stopSignal(): Promise<never> {
  const stopped = new Promise<never>((_, reject) => {
    const stop = (signal: NodeJS.Signals) => reject(new SatchelError('failed', `stopped by ${signal}`));
    process.once('SIGINT', stop).once('SIGTERM', stop);
    process.once('disconnect', () => reject(new SatchelError('failed', 'the satchel command that started this is gone')));
    // Listening keeps the channel, and with it the process, alive; it must end when its work has.
    process.channel?.unref();
  });
  stopped.catch(() => {});
  return stopped;
}
