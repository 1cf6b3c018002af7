import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Command } from 'commander';
import { mainOf } from '../processes/mains.js';
import type { CliProcess } from './context.js';
import { ExitCodeError } from './exit-code.js';

/**
 * Runs the bench's main with the arguments as they are, on our standard streams, and takes over its exit code. The
 * bench has an IPC channel to us: it learns from `disconnect` that we were killed.
 */
export async function startBench(
  given: readonly string[],
  command: Command,
  io: CliProcess,
  main = mainOf('bench'),
): Promise<void> {
  const { json, controller } = command.optsWithGlobals<{ json?: boolean; controller?: string }>();
  const child = spawn(process.execPath, [main, ...given, ...(json && !given.includes('--json') ? ['--json'] : [])], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...io.env, ...(controller && { SATCHEL_CONTROLLER: controller }) },
  });
  // A Ctrl-C reaches the bench by itself, being for the whole terminal; a SIGTERM is for us and must be passed on.
  const ignore = (): void => undefined;
  const forward = (): void => void child.kill('SIGTERM');
  io.on('SIGINT', ignore);
  io.on('SIGTERM', forward);
  try {
    const [code, signal]: (number | string | null)[] = await once(child, 'exit');
    if (signal) throw new Error(`the bench was killed by ${signal}`);
    if (typeof code === 'number' && code !== 0) throw new ExitCodeError(code);
  } finally {
    io.off('SIGINT', ignore);
    io.off('SIGTERM', forward);
  }
}
