import { join } from 'node:path';
import { rootFileName, segmentFileName } from './layout.js';
import { type MappedFile, type Mapping, NoRoomError } from './mapping.js';

/** A file of an arena that can be read in place until it is closed; then `memory` may be empty. */
export interface ReadableFile {
  readonly memory: ArrayBuffer;
  close(): void;
}

/** Where a reader finds the files of one job's arena. Each call opens anew; undefined: there is no such file, or no longer, or no room for it. */
export interface ArenaFiles {
  root(): ReadableFile | undefined;
  segment(serial: number): ReadableFile | undefined;
}

/** The files of an arena's folder, mapped read-only. `root` throws if the folder may not be entered. */
export function mappedArenaFiles(mapping: Mapping, folder: string): ArenaFiles {
  return {
    root: () => open(mapping, join(folder, rootFileName)),
    segment: (serial) => open(mapping, join(folder, segmentFileName(serial))),
  };
}

function open(mapping: Mapping, path: string): ReadableFile | undefined {
  try {
    return new OpenFile(mapping, mapping.open(path));
  } catch (error) {
    if (error instanceof NoRoomError || codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

class OpenFile implements ReadableFile {
  readonly #mapping: Mapping;
  readonly #file: MappedFile;

  constructor(mapping: Mapping, file: MappedFile) {
    this.#mapping = mapping;
    this.#file = file;
  }

  get memory(): ArrayBuffer {
    return this.#file.memory;
  }

  close(): void {
    this.#mapping.unmap(this.#file);
  }
}
