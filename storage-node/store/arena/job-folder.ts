import { chmodSync, chownSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type MappedFile, type Mapping, NoRoomError, rootFileName, segmentFileName } from '@satchel/proto/shared-memory';
import type { Background } from './background.js';
import type { JobSegments, Published, Segment } from './segment-source.js';
import type { SegmentStock } from './segment-stock.js';

export interface JobFolderOptions {
  /** The folder to make. */
  readonly path: string;
  /** What readers are told: its path from the folder of sockets. */
  readonly publishedAs: string;
  /** The group that may read it; undefined: only processes of the same user may. */
  readonly group: number | undefined;
  readonly mapping: Mapping;
  readonly stock: SegmentStock;
  readonly background: Background;
  /** Where to move what is to be removed. */
  readonly discard: (path: string) => void;
  readonly onEnd: () => void;
}

/** Up to these it takes less time to remove files, and to unmap one, at once than to have it done. */
const fewFiles = 8;
const fewBytes = 64 * 1024;

/** A segment that is a file. */
class FileSegment implements Segment {
  readonly serial: number;
  readonly memory: ArrayBuffer;
  readonly file: MappedFile;

  constructor(serial: number, file: MappedFile) {
    this.serial = serial;
    this.file = file;
    this.memory = file.memory;
  }
}

/** The memory of one job: files in a folder that only its group can enter, made at the first need. A file never gets another use. */
export class JobFolder implements JobSegments {
  readonly published: Published;
  private readonly options: JobFolderOptions;
  private readonly lent = new Set<FileSegment>();
  private serial = 0;
  private isMade = false;

  constructor(options: JobFolderOptions) {
    this.options = options;
    this.published = { folder: options.publishedAs };
  }

  take(bytes: number): Segment | undefined {
    const serial = ++this.serial;
    return this.lend(serial, segmentFileName(serial), bytes);
  }

  takeRoot(bytes: number): Segment | undefined {
    return this.lend(0, rootFileName, bytes);
  }

  growRoot(root: Segment, bytes: number): Segment | undefined {
    const grown = this.ifRoom(() => this.options.mapping.grow(this.pathOf(rootFileName), bytes));
    if (!grown) return undefined;
    this.takeBack(root);
    return this.noted(new FileSegment(0, grown));
  }

  release(segment: Segment): void {
    unlinkIfThere(this.pathOf(segmentFileName(segment.serial)));
    this.takeBack(segment);
  }

  end(): void {
    if (this.isMade) this.remove();
    for (const segment of this.lent) this.takeBack(segment);
    this.options.onEnd();
  }

  private remove(): void {
    const { path, discard } = this.options;
    if (this.lent.size > fewFiles) {
      discard(path);
      return;
    }
    for (const { serial } of this.lent) unlinkIfThere(this.pathOf(serial === 0 ? rootFileName : segmentFileName(serial)));
    try {
      rmdirSync(path);
    } catch {
      discard(path);
    }
  }

  private lend(serial: number, name: string, bytes: number): Segment | undefined {
    const file = this.ifRoom(() => this.fromStock(name, bytes) ?? this.create(name, bytes));
    return file && this.noted(new FileSegment(serial, file));
  }

  private noted(segment: FileSegment): FileSegment {
    this.lent.add(segment);
    return segment;
  }

  private takeBack(segment: Segment): void {
    if (!(segment instanceof FileSegment) || !this.lent.delete(segment)) return;
    const { background, mapping } = this.options;
    if (segment.file.bytes <= fewBytes) mapping.unmap(segment.file);
    else background.add(() => mapping.unmapInBackground(segment.file));
  }

  private fromStock(name: string, bytes: number): MappedFile | undefined {
    const ready = this.options.stock.take(bytes);
    if (!ready) return undefined;
    this.giveToGroup(ready.path);
    renameSync(ready.path, this.pathOf(name));
    return ready.file;
  }

  private create(name: string, bytes: number): MappedFile {
    const path = this.pathOf(name);
    const file = this.options.mapping.create(path, bytes);
    this.giveToGroup(path);
    return file;
  }

  private giveToGroup(path: string): void {
    const { group } = this.options;
    if (group === undefined) return;
    chownSync(path, 0, group);
    chmodSync(path, 0o640);
  }

  private pathOf(name: string): string {
    if (!this.isMade) this.make();
    return join(this.options.path, name);
  }

  private make(): void {
    const { path, group } = this.options;
    mkdirSync(path, { mode: 0o700 });
    this.isMade = true;
    if (group === undefined) return;
    chownSync(path, 0, group);
    chmodSync(path, 0o710);
  }

  /** Undefined if a file cannot be made: then there is no memory to be had, whatever the reason. */
  private ifRoom<T>(make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof NoRoomError || isNoSpace(error))) this.options.background.complain(error);
      return undefined;
    }
  }
}

function isNoSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC';
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody took the folder away.
  }
}
