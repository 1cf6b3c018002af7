import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open, readdir, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const subFolders = 64;
const unlinksAtOnce = 4;

/**
 * Values in files of their own, named by numbers. A number is generation × 2^32 + counter; each opening of a job's folder is a
 * generation with a folder of its own, so that a number is never used twice and leftovers of a crash are recognised.
 */
export class ValueFiles {
  readonly #folder: string;
  readonly #generation: number;
  readonly #created = new Set<number>();
  readonly #toUnlink: number[] = [];
  #unlinking = 0;

  /** Files are written with numbers of `generation` only; those of earlier ones are read. */
  constructor(folder: string, generation: number) {
    this.#folder = folder;
    this.#generation = generation;
  }

  /** Writes a value before returning; throws the system's error, leaving no file. */
  writeNow(file: number, bytes: Buffer, start: number, end: number): void {
    const descriptor = openSync(this.#pathToCreate(file), 'w');
    try {
      for (let done = start; done < end; ) done += writeSync(descriptor, bytes, done, end - done);
    } catch (error) {
      this.discard([file]);
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Writes a value, in pieces, without holding up the process; rejects with the system's error, leaving no file. */
  async write(file: number, pieces: readonly Buffer[]): Promise<void> {
    const handle = await open(this.#pathToCreate(file), 'w');
    try {
      for (const bytes of pieces) {
        for (let done = 0; done < bytes.length; ) done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
      }
    } catch (error) {
      this.discard([file]);
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** Copies bytes [from, to) of a value to `target` before returning; throws the system's error. */
  readNow(file: number, from: number, to: number, target: Buffer, targetStart: number): void {
    const descriptor = openSync(this.#path(file), 'r');
    try {
      for (let done = from; done < to; ) {
        const count = readSync(descriptor, target, targetStart + done - from, to - done, done);
        if (count === 0) throw new Error(`a value file ends at ${done} instead of ${to} bytes`);
        done += count;
      }
    } finally {
      closeSync(descriptor);
    }
  }

  /** As {@link readNow}, without holding up the process. */
  async read(file: number, from: number, to: number, target: Buffer, targetStart: number): Promise<void> {
    const handle = await open(this.#path(file), 'r');
    try {
      await readFully(handle, from, to, target, targetStart);
    } finally {
      await handle.close();
    }
  }

  /** Removes files in the background, a few at a time. */
  discard(files: readonly number[]): void {
    for (const file of files) this.#toUnlink.push(file);
    while (this.#unlinking < unlinksAtOnce && this.#toUnlink.length > 0) void this.#unlinkAll();
  }

  /** Removes every file of an earlier generation that `isLive` does not know. */
  async sweep(isLive: (file: number) => boolean): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      const old = Number.parseInt(name, 16);
      if (old < this.#generation) await this.#sweepGeneration(old, join(this.#folder, name), isLive);
    }
  }

  async #sweepGeneration(generation: number, folder: string, isLive: (file: number) => boolean): Promise<void> {
    for (const sub of await namesIn(folder)) {
      const files = (await namesIn(join(folder, sub))).map((name) => generation * 2 ** 32 + Number.parseInt(name, 16));
      for (const file of files) if (!isLive(file)) await unlink(this.#path(file)).catch(() => {});
      await rmdir(join(folder, sub)).catch(() => {});
    }
    await rmdir(folder).catch(() => {});
  }

  async #unlinkAll(): Promise<void> {
    this.#unlinking++;
    try {
      for (let file = this.#toUnlink.pop(); file !== undefined; file = this.#toUnlink.pop()) {
        // A file that cannot be removed is found by the next sweep or goes with the job's folder.
        await unlink(this.#path(file)).catch(() => {});
      }
    } finally {
      this.#unlinking--;
    }
  }

  /** Creates the sub-folder at once if need be: never later, when the job's folder may have been taken away. */
  #pathToCreate(file: number): string {
    const path = this.#path(file);
    const subFolder = (file % 2 ** 32) % subFolders;
    if (!this.#created.has(subFolder)) mkdirSync(dirname(path), { recursive: true });
    this.#created.add(subFolder);
    return path;
  }

  #path(file: number): string {
    const counter = file % 2 ** 32;
    const generation = (file - counter) / 2 ** 32;
    return join(this.#folder, generation.toString(16), (counter % subFolders).toString(16), counter.toString(16));
  }
}

async function readFully(handle: FileHandle, from: number, to: number, target: Buffer, targetStart: number): Promise<void> {
  for (let done = from; done < to; ) {
    const { bytesRead } = await handle.read(target, targetStart + done - from, to - done, done);
    if (bytesRead === 0) throw new Error(`a value file ends at ${done} instead of ${to} bytes`);
    done += bytesRead;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
