import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A functions service in a process of its own, with a folder that goes when it is stopped. */
export interface FunctionsProcess {
  readonly address: string;
  readonly folder: string;
  readonly child: ChildProcess;
  /** Writes a function's code and deploys it. */
  deploy(name: string, code: string, settings?: Record<string, unknown>): Promise<Response>;
  invoke(name: string, event: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** Starts the compiled service on a free port. */
export async function startFunctions(extra: readonly string[] = []): Promise<FunctionsProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'satchel-functions-'));
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, '--port', '0', '--dir', join(folder, 'state'), '--with-parent', ...extra], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const line = await firstLine(child);
  const address = (JSON.parse(line) as { faas: string }).faas;
  return {
    address,
    folder,
    child,
    deploy: (name, code, settings = {}) => {
      const directory = join(folder, `source-${name}`);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'index.js'), code);
      return fetch(`http://${address}/satchel/functions/${name}`, {
        method: 'PUT',
        body: JSON.stringify({ directory, ...settings }),
      });
    },
    invoke: (name, event, headers = {}) =>
      fetch(`http://${address}/2015-03-31/functions/${name}/invocations`, {
        method: 'POST',
        body: JSON.stringify(event),
        headers,
      }),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await new Promise((resolve) => child.once('exit', resolve));
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the service has no standard output');
  for await (const line of createInterface({ input: child.stdout })) {
    return line;
  }
  throw new Error('the functions service ended before it was ready');
}
