import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type MappedFile, type Mapping, NoRoomError } from '@satchel/proto/shared-memory';
import type { Background } from './background.js';

/** A file that nobody has used yet. */
export interface StockFile {
  readonly path: string;
  readonly file: MappedFile;
}

/** How many files of a size are held ready: at least so many, more while they run out, at most so many. */
export interface ShelfPlan {
  readonly bytes: number;
  readonly least: number;
  readonly most: number;
}

interface Shelf extends ShelfPlan {
  readonly files: StockFile[];
  target: number;
  takenLately: boolean;
}

export interface StockOptions {
  /** An empty folder nobody else can enter. */
  readonly folder: string;
  readonly mapping: Mapping;
  readonly shelves: readonly ShelfPlan[];
  readonly background: Background;
}

/** After so long without a taker a shelf is halved, down to its least. */
const settleMs = 5000;

/** Fresh files of some sizes, reserved and in memory before they are needed; made by a background thread. */
export class SegmentStock {
  private readonly folder: string;
  private readonly mapping: Mapping;
  private readonly background: Background;
  private readonly shelves: Shelf[];
  private readonly timer: NodeJS.Timeout;
  private limitBytes = 0;
  private heldBytes = 0;
  private filling = false;
  private closed = false;
  private serial = 0;

  constructor({ folder, mapping, shelves, background }: StockOptions) {
    this.folder = folder;
    this.mapping = mapping;
    this.background = background;
    this.shelves = shelves.map((plan) => ({ ...plan, files: [], target: plan.least, takenLately: false }));
    this.timer = setInterval(() => this.settle(), settleMs).unref();
  }

  /** Bytes of all files held. */
  get bytes(): number {
    return this.heldBytes;
  }

  /** The stock may hold that many bytes from now on; gives up what is more. */
  limit(bytes: number): void {
    this.limitBytes = bytes;
    for (const shelf of this.shelves) while (this.heldBytes > bytes && shelf.files.length > 0) this.drop(shelf);
    this.refill();
  }

  /** A file of exactly that size, now the caller's, to be moved out of the stock's folder; undefined if none is ready. */
  take(bytes: number): StockFile | undefined {
    const shelf = this.shelves.find((each) => each.bytes === bytes);
    if (!shelf) return undefined;
    shelf.takenLately = true;
    const taken = shelf.files.pop();
    if (taken) this.heldBytes -= bytes;
    else shelf.target = Math.min(shelf.most, shelf.target * 2);
    this.refill();
    return taken;
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
  }

  private refill(): void {
    if (this.filling || this.closed || !this.wanting()) return;
    this.filling = true;
    this.background.add(async () => {
      try {
        for (let shelf = this.wanting(); shelf; shelf = this.wanting()) await this.add(shelf);
      } catch (error) {
        // A full file system is noticed by whoever takes the next segment.
        if (!(error instanceof NoRoomError)) throw error;
      } finally {
        this.filling = false;
      }
    });
  }

  /** A shelf with less than it should have, for which there is room. */
  private wanting(): Shelf | undefined {
    if (this.closed) return undefined;
    return this.shelves.find(({ files, target, bytes }) => files.length < target && this.heldBytes + bytes <= this.limitBytes);
  }

  private async add(shelf: Shelf): Promise<void> {
    const path = join(this.folder, `${++this.serial}`);
    const file = await this.mapping.createInBackground(path, shelf.bytes);
    shelf.files.push({ path, file });
    this.heldBytes += shelf.bytes;
  }

  private drop(shelf: Shelf): void {
    const dropped = shelf.files.pop();
    if (!dropped) return;
    this.heldBytes -= shelf.bytes;
    rmSync(dropped.path, { force: true });
    this.background.add(() => this.mapping.unmapInBackground(dropped.file));
  }

  private settle(): void {
    for (const shelf of this.shelves) {
      if (!shelf.takenLately) shelf.target = Math.max(shelf.least, shelf.target >>> 1);
      shelf.takenLately = false;
      while (shelf.files.length > shelf.target) this.drop(shelf);
    }
  }
}
