import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SatchelError } from '@satchel/proto/core';

/**
 * Makes a folder this process's own until it ends, however it ends. Returns what gives it back.
 * Throws `unavailable` naming the process that has it.
 *
 * The lock is a listening Unix socket named for the folder's device and inode. On Linux the name is abstract: the kernel takes
 * and frees it in one step, and it is seen by processes of the same network namespace. Elsewhere it is a file in the
 * system's folder for such, and one that nobody listens on is removed.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { dev, ino } = statSync(folder);
  const name = `satchel-controller-${dev}-${ino}`;
  const address = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
  const server = (await tryListen(address)) ?? (await takeOver(address, folder));
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** Undefined if the name is taken. */
function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => resolve(server));
  });
}

async function takeOver(address: string, folder: string): Promise<Server> {
  const holder = await askHolder(address);
  if (holder === undefined && !address.startsWith('\0')) await rm(address, { force: true });
  const server = holder === undefined ? await tryListen(address) : undefined;
  if (server !== undefined) return server;
  const who = holder ? `process ${holder}` : 'another process';
  throw new SatchelError(
    'unavailable',
    `the state folder ${folder} is in use by ${who}; stop that controller or give --state another folder`,
  );
}

/** The holder's process id, or undefined if nobody answers. */
function askHolder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(address);
    socket.setTimeout(1000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(text));
  });
}
