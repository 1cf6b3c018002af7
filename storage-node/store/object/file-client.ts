import { type FileHandle, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { assert, randomId, SatchelError } from '@satchel/proto/core';
import PQueue from 'p-queue';
import type { ObjectClient, StoredName } from './object-client.js';

const requestsAtOnce = 16;
/** Ends the name of a file, so that an object `a` and a folder `a` of the object `a/b` do not meet. */
const fileMark = '~';
const namePattern = /^[A-Za-z0-9._!-]+(\/[A-Za-z0-9._!-]+)*$/;

/**
 * An object store in a folder: the embedded default. An object is a file, written under another name beside its place and renamed.
 * Several processes may use the folder.
 */
export class FileClient implements ObjectClient {
  readonly requests = { puts: 0, gets: 0, deletes: 0, lists: 0 };
  readonly #folder: string;
  readonly #queue = new PQueue({ concurrency: requestsAtOnce });

  constructor(folder: string) {
    this.#folder = folder;
  }

  put(name: string, body: Buffer): Promise<void> {
    const path = this.#path(name);
    this.requests.puts++;
    return this.#run(`writing ${name}`, () => this.#write(path, body));
  }

  requestsOfPut(): number {
    return 1;
  }

  read(name: string, from: number, to: number, target: Buffer, targetStart: number): Promise<number | undefined> {
    const path = this.#path(name);
    this.requests.gets++;
    return this.#run(`reading ${name}`, async () => {
      const handle = await unlessMissing(open(path, 'r'));
      if (handle === undefined) return undefined;
      try {
        const { size } = await handle.stat();
        await readFully(handle, from, Math.min(to, size), target, targetStart);
        return size;
      } finally {
        await handle.close();
      }
    });
  }

  delete(names: readonly string[]): Promise<void> {
    const paths = names.map((name) => this.#path(name));
    this.requests.deletes++;
    return this.#run('deleting objects', async () => {
      for (const path of paths) {
        await unlessMissing(unlink(path));
        await this.#removeEmptyFolders(dirname(path));
      }
    });
  }

  list(prefix: string, after: string, limit: number): Promise<StoredName[]> {
    this.requests.lists++;
    return this.#run(`listing ${prefix}`, async () => {
      const found: StoredName[] = [];
      for await (const name of this.#walk('', prefix, after)) {
        if (found.length === limit) break;
        const file = await unlessMissing(stat(this.#path(name)));
        if (file !== undefined) found.push({ name, bytes: file.size });
      }
      return found;
    });
  }

  abortUploads(prefix: string): Promise<void> {
    this.requests.lists++;
    return this.#run(`giving up uploads to ${prefix}`, async () => {
      for await (const path of this.#walkUploads('', prefix)) {
        await unlessMissing(unlink(path));
        await this.#removeEmptyFolders(dirname(path));
      }
    });
  }

  close(): void {}

  async #write(path: string, body: Buffer): Promise<void> {
    const temporary = `${path}${randomId(12)}`;
    const handle = await this.#create(temporary);
    try {
      for (let done = 0; done < body.length; ) done += (await handle.write(body, done, body.length - done)).bytesWritten;
      await handle.close();
      await rename(temporary, path);
    } catch (error) {
      await handle.close().catch(() => {});
      await unlink(temporary).catch(() => {});
      throw error;
    }
  }

  /** Creates a file and its folders, again if somebody removes an empty folder in between. */
  async #create(path: string): Promise<FileHandle> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const handle = await unlessMissing(open(path, 'wx'));
      if (handle !== undefined) return handle;
      await mkdir(dirname(path), { recursive: true });
    }
    throw new Error(`the folder of ${path} is removed again and again`);
  }

  /** Names under `folder` ('' or ending in '/') that begin with `prefix` and come after `after`, in ascending order. */
  async *#walk(folder: string, prefix: string, after: string): AsyncGenerator<string> {
    for (const name of await this.#names(folder)) {
      if (name.endsWith('/')) {
        const within = name.startsWith(prefix) || prefix.startsWith(name);
        if (within && (name > after || after.startsWith(name))) yield* this.#walk(name, prefix, after);
      } else if (name.startsWith(prefix) && name > after) yield name;
    }
  }

  async *#walkUploads(folder: string, prefix: string): AsyncGenerator<string> {
    for (const entry of (await unlessMissing(readdir(join(this.#folder, folder), { withFileTypes: true }))) ?? []) {
      const name = folder + entry.name;
      if (entry.isDirectory()) {
        if (`${name}/`.startsWith(prefix) || prefix.startsWith(`${name}/`)) yield* this.#walkUploads(`${name}/`, prefix);
      } else if (name.startsWith(prefix) && !name.endsWith(fileMark)) yield join(this.#folder, name);
    }
  }

  /** Names in a folder, folders with a '/' at the end, in the order of the full names of what is in them. */
  async #names(folder: string): Promise<string[]> {
    const entries = (await unlessMissing(readdir(join(this.#folder, folder), { withFileTypes: true }))) ?? [];
    return entries
      .filter((entry) => entry.isDirectory() || entry.name.endsWith(fileMark))
      .map((entry) => folder + (entry.isDirectory() ? `${entry.name}/` : entry.name.slice(0, -fileMark.length)))
      .sort((left, right) => (left < right ? -1 : 1));
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    for (let empty = folder; empty.startsWith(`${this.#folder}/`); empty = dirname(empty)) {
      try {
        await rmdir(empty);
      } catch {
        return;
      }
    }
  }

  #path(name: string): string {
    assert(namePattern.test(name), `'${name}' is a name of an object`);
    return join(this.#folder, name + fileMark);
  }

  async #run<T>(doing: string, action: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.add(action, { throwOnTimeout: true });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const reason = `${doing} in the object store file:${this.#folder} failed: ${why}`;
      throw new SatchelError('unavailable', `${reason}; check that the folder can be written to and is not full, then repeat`, {
        cause: error,
      });
    }
  }
}

async function readFully(handle: FileHandle, from: number, to: number, target: Buffer, targetStart: number): Promise<void> {
  for (let done = from; done < to; ) {
    const { bytesRead } = await handle.read(target, targetStart + done - from, to - done, done);
    if (bytesRead === 0) throw new Error('an object became shorter while it was read');
    done += bytesRead;
  }
}

async function unlessMissing<T>(operation: Promise<T>): Promise<T | undefined> {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}
