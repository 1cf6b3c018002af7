import { SatchelError } from '@satchel/proto/core';

/** The functions service as a workload uses it. */
export class FunctionsClient {
  readonly #address: string;

  /** `address` is `host:port`. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Deploys a folder; settings as in the functions API. */
  async deploy(name: string, directory: string, settings: Record<string, unknown>): Promise<void> {
    const response = await fetch(`http://${this.#address}/satchel/functions/${name}`, {
      method: 'PUT',
      body: JSON.stringify({ directory, ...settings }),
    });
    if (!response.ok) throw new SatchelError('failed', `function ${name} was not deployed: ${await response.text()}`);
  }

  /** Invokes a function for a job and returns its result; throws `failed` with the function's own error, named `what`. */
  async invoke<Result>(name: string, event: unknown, satchelUrl: string, what: string, signal: AbortSignal): Promise<Result> {
    const response = await fetch(`http://${this.#address}/2015-03-31/functions/${name}/invocations`, {
      method: 'POST',
      body: JSON.stringify(event),
      headers: { 'x-satchel-url': satchelUrl },
      signal,
    });
    const body = (await response.json()) as Result & { errorMessage?: string; Message?: string };
    if (!response.ok || response.headers.has('x-amz-function-error')) {
      throw new SatchelError('failed', `${what} failed: ${body.errorMessage ?? body.Message ?? `HTTP ${response.status}`}`);
    }
    return body;
  }

  /** Removes a function. */
  async delete(name: string): Promise<void> {
    await fetch(`http://${this.#address}/satchel/functions/${name}`, { method: 'DELETE' });
  }
}

/**
 * Runs the invocations of one stage side by side; the first failure cancels the others. `done` is called with the number
 * finished so far.
 */
export async function runStage<Result>(
  invocations: readonly ((signal: AbortSignal) => Promise<Result>)[],
  done: (finished: number) => void,
): Promise<Result[]> {
  const cancel = new AbortController();
  let finished = 0;
  try {
    return await Promise.all(
      invocations.map(async (invoke) => {
        const result = await invoke(cancel.signal);
        done(++finished);
        return result;
      }),
    );
  } finally {
    cancel.abort();
  }
}
