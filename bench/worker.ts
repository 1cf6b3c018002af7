import { type ChildProcess, fork } from 'node:child_process';
import { SatchelError } from '@satchel/proto/core';

/** What goes to a worker and what comes back, by the worker's functions. */
export type Functions = Readonly<Record<string, (argument: never) => unknown>>;

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A process of its own that does part of a benchmark, so that it shares no event loop with what is measured. */
export class Worker<Served extends Functions> {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  readonly #exited: Promise<void>;
  #next = 0;

  /**
   * `main` calls {@link serveWorker}. `isServer`: it gets a session of its own, as every server that is compared: Linux shares out the cores by
   * session first, and a server in its clients' session would be woken before others.
   */
  constructor(main: URL, isServer = false) {
    this.#child = fork(main, { execArgv: [], stdio: ['ignore', 2, 2, 'ipc'], detached: isServer });
    this.#child.on('message', (answer) => this.#settle(answer as Answer));
    this.#child.once('error', (error) => this.#fail(error));
    this.#exited = new Promise((resolve) =>
      this.#child.once('exit', () => {
        this.#fail(new SatchelError('failed', 'a process that made load ended by itself'));
        resolve();
      }),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Calls a function of the worker; rejects with what that throws, or when the worker ends. */
  call<Name extends keyof Served & string>(
    name: Name,
    ...[argument]: Parameters<Served[Name]>
  ): Promise<Awaited<ReturnType<Served[Name]>>> {
    const request: Request = { id: this.#next++, name, argument };
    return new Promise((resolve, reject) => {
      this.#calls.set(request.id, { resolve, reject });
      this.#child.send(request, (error) => error && this.#fail(error));
    });
  }

  /** Ends the process; resolves once it is gone. */
  async close(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 2000);
    await this.#exited;
    clearTimeout(force);
  }

  #settle({ id, result, error }: Answer): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(result as never);
    else call?.reject(new SatchelError('failed', error));
  }

  #fail(error: Error): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** Makes this process a worker that offers `functions`. It ends when whoever started it closes it or is gone. */
export function serveWorker(functions: Functions): void {
  process.on('message', (message) => {
    const { id, name, argument } = message as Request;
    const answer = (given: Omit<Answer, 'id'>) => process.connected && process.send?.({ id, ...given });
    Promise.resolve()
      .then(() => functions[name]?.(argument as never))
      .then(
        (result) => answer({ result }),
        (error: unknown) => answer({ error: SatchelError.from(error).message }),
      );
  });
  process.once('disconnect', () => process.exit());
  // Ctrl-C goes to every process of the terminal; whoever started us ends us.
  process.on('SIGINT', () => {});
}
