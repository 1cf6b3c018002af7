import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { collapse, loadSystemCalls, mapFlags, protection, type SystemCalls } from './system-calls.js';

/** A file in this process's memory until `unmap`; from then on `memory` is of no use, but touching it harms nobody. */
export interface MappedFile {
  readonly memory: ArrayBuffer;
  /** Bytes mapped. */
  readonly bytes: number;
  readonly address: bigint;
}

export interface CreateOptions {
  /** Permissions of the file, exactly; default 0600. */
  readonly mode?: number;
}

/** No room for a file, on its file system or in this process. */
export class NoRoomError extends Error {}

const readWrite = protection.read | protection.write;
const blank = mapFlags.private | mapFlags.anonymous | mapFlags.noReserve | mapFlags.fixed;
const failed = 2n ** 64n - 1n;
/** A large page: one entry of the processor's translation buffer for it instead of 512. */
const largePageBytes = 2 * 1024 * 1024;
const pageBytes = 4096;
/** After so many refusals in a row large pages are not asked for any more. */
const mostRefusals = 8;

/** Maps files. What is created is reserved whole, so that touching it later can never fail, and is in memory when the call returns. */
export class Mapping {
  private readonly calls: SystemCalls;
  private refusals = 0;
  private readonly unused = new FinalizationRegistry<Omit<MappedFile, 'memory'>>(({ address, bytes }) => {
    this.calls.munmap(address, bytes);
  });

  /** See {@link loadMapping}. */
  constructor(calls: SystemCalls) {
    this.calls = calls;
  }

  /** Makes a file that does not exist yet. Throws {@link NoRoomError}, or what opening it throws. */
  create(path: string, bytes: number, { mode = 0o600 }: CreateOptions = {}): MappedFile {
    const descriptor = openSync(path, 'wx+', mode);
    try {
      fchmodSync(descriptor, mode);
      const large = this.mapForLargePages(descriptor, path, bytes);
      if (large && this.hasCollapsed(large, this.calls.madvise(large.address, bytes, collapse))) return large;
      this.checkReserved(this.calls.posixFallocate(descriptor, 0, bytes), path, bytes);
      return this.map(descriptor, bytes, readWrite);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** As `create`; the work is done by a thread of libuv's pool. */
  async createInBackground(path: string, bytes: number, { mode = 0o600 }: CreateOptions = {}): Promise<MappedFile> {
    const descriptor = openSync(path, 'wx+', mode);
    try {
      fchmodSync(descriptor, mode);
      const { posixFallocate, mmap, madvise } = this.calls;
      const large = this.mapForLargePages(descriptor, path, bytes);
      if (large) {
        const refused = await settled<number>((done) => madvise.async(large.address, bytes, collapse, done));
        if (this.hasCollapsed(large, refused)) return large;
      }
      const reserved = await settled<number>((done) => posixFallocate.async(descriptor, 0, bytes, done));
      this.checkReserved(reserved, path, bytes);
      const flags = mapFlags.shared | mapFlags.populate;
      const address = await settled<bigint>((done) => mmap.async(null, bytes, readWrite, flags, descriptor, 0, done));
      return this.mapped(address, bytes);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(descriptor);
    }
  }

  /** Reserves that many bytes of an open file and maps them. Throws {@link NoRoomError}. */
  reserve(descriptor: number, bytes: number): MappedFile {
    this.checkReserved(this.calls.posixFallocate(descriptor, 0, bytes), `descriptor ${descriptor}`, bytes);
    return this.map(descriptor, bytes, readWrite);
  }

  /** Maps a whole open file, to read and write. */
  openDescriptor(descriptor: number): MappedFile {
    return this.map(descriptor, fstatSync(descriptor).size, readWrite);
  }

  /** Makes a file longer and maps it anew; mappings of its beginning stay as they are. Throws {@link NoRoomError}, and the file is as it was. */
  grow(path: string, bytes: number): MappedFile {
    const descriptor = openSync(path, 'r+');
    try {
      this.checkReserved(this.calls.posixFallocate(descriptor, 0, bytes), path, bytes);
      return this.map(descriptor, bytes, readWrite);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Maps a whole file, read-only unless told otherwise: then a write to it ends the process. Throws what opening it throws. */
  open(path: string, { writable = false } = {}): MappedFile {
    const descriptor = openSync(path, writable ? 'r+' : 'r');
    try {
      return this.map(descriptor, fstatSync(descriptor).size, writable ? readWrite : protection.read);
    } finally {
      closeSync(descriptor);
    }
  }

  /**
   * Takes a file out of memory: memory of zeros that costs nothing takes its place, so that a view somebody kept stays harmless, and the addresses
   * are given back once no view is left. (Detaching the buffer instead would make every access to typed arrays in this process slower.) Once only.
   */
  unmap(file: MappedFile): void {
    this.calls.mmap(file.address, file.bytes, readWrite, blank, -1, 0);
    this.unused.register(file.memory, { address: file.address, bytes: file.bytes });
  }

  /** As `unmap`; freeing many pages is done by a thread of libuv's pool. */
  async unmapInBackground(file: MappedFile): Promise<void> {
    await settled<bigint>((done) => this.calls.mmap.async(file.address, file.bytes, readWrite, blank, -1, 0, done));
    this.unused.register(file.memory, { address: file.address, bytes: file.bytes });
  }

  /**
   * Maps a new file where large pages can be, with as much of it reserved as it takes to ask for them: that reserves the rest, in less time than page by
   * page. Undefined if the size is not that of large pages, or there are none to be had.
   */
  private mapForLargePages(descriptor: number, path: string, bytes: number): MappedFile | undefined {
    if (bytes === 0 || bytes % largePageBytes !== 0 || this.refusals >= mostRefusals) return undefined;
    try {
      ftruncateSync(descriptor, bytes);
    } catch {
      return undefined;
    }
    for (let at = 0; at < bytes; at += largePageBytes) {
      this.checkReserved(this.calls.posixFallocate(descriptor, at, pageBytes), path, bytes);
    }
    const anywhere = mapFlags.private | mapFlags.anonymous | mapFlags.noReserve;
    const space = this.calls.mmap(null, bytes + largePageBytes, protection.none, anywhere, -1, 0);
    if (BigInt.asUintN(64, space) === failed) throw new NoRoomError(`no address space for ${bytes} bytes`);
    const large = BigInt(largePageBytes);
    const aligned = ((space + large - 1n) / large) * large;
    const file = this.mapped(this.calls.mmap(aligned, bytes, readWrite, mapFlags.shared | mapFlags.fixed, descriptor, 0), bytes);
    if (aligned > space) this.calls.munmap(space, Number(aligned - space));
    const rest = Number(space + large - aligned);
    if (rest > 0) this.calls.munmap(aligned + BigInt(bytes), rest);
    const memory = new Uint8Array(file.memory);
    for (let at = 0; at < bytes; at += largePageBytes) memory[at] = 0;
    return file;
  }

  private hasCollapsed(file: MappedFile, refused: number): boolean {
    this.refusals = refused === 0 ? 0 : this.refusals + 1;
    if (refused !== 0) this.unmap(file);
    return refused === 0;
  }

  private checkReserved(errorNumber: number, path: string, bytes: number): void {
    if (errorNumber !== 0) throw new NoRoomError(`${bytes} bytes could not be reserved for ${path}: error ${errorNumber}`);
  }

  private map(descriptor: number, bytes: number, access: number): MappedFile {
    return this.mapped(this.calls.mmap(null, bytes, access, mapFlags.shared | mapFlags.populate, descriptor, 0), bytes);
  }

  private mapped(address: bigint, bytes: number): MappedFile {
    if (BigInt.asUintN(64, address) === failed) throw new NoRoomError(`${bytes} bytes could not be mapped`);
    return { memory: this.calls.view(address, bytes), bytes, address };
  }
}

function settled<T>(call: (done: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}

let loaded: Mapping | undefined;
let problem = '';

/**
 * What maps files in this process; loads koffi at the first call. Undefined if this system cannot share memory: {@link mappingProblem} says why.
 * Readers rely on stores becoming visible in the order they were made, without fences that JavaScript does not have: on x86-64 that is so.
 */
export function loadMapping(): Mapping | undefined {
  if (loaded || problem) return loaded;
  if (process.platform !== 'linux') problem = `shared memory is not supported on ${process.platform}`;
  else if (process.arch !== 'x64') problem = `shared memory is not supported on ${process.arch}`;
  else {
    try {
      loaded = new Mapping(loadSystemCalls());
    } catch (error) {
      problem = `koffi cannot be loaded: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`;
    }
  }
  return loaded;
}

/** Why {@link loadMapping} gives nothing; empty if it does. */
export function mappingProblem(): string {
  loadMapping();
  return problem;
}
