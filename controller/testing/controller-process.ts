import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A controller in a process of its own. */
export interface ControllerProcess {
  readonly child: ChildProcess;
  /** host:port of gRPC and HTTP. */
  readonly ready: { readonly controller: string; readonly http: string };
  readonly ended: Promise<number | null>;
}

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Starts the compiled controller; resolves with what it prints when ready, rejects with its stderr if it ends first. */
export async function startControllerProcess(args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<ControllerProcess> {
  const env = { ...process.env, SATCHEL_LOG: 'warn', ...more };
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const line = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  const first = await Promise.race([line, ended.then((code) => ({ code }))]);
  if (typeof first !== 'string') throw new Error(`status ${first.code}: ${errors}`);
  return { child, ended, ready: JSON.parse(first) };
}
