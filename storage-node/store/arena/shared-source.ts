import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { jobGroupId } from '@satchel/proto/core';
import type { Mapping } from '@satchel/proto/shared-memory';
import { Background } from './background.js';
import { JobFolder } from './job-folder.js';
import { retireArenas } from './retire.js';
import { type JobSegments, PrivateSegmentSource, type SegmentSource } from './segment-source.js';
import { SegmentStock, type ShelfPlan } from './segment-stock.js';

export interface SharedSourceOptions {
  /** The shard's arena folder, on tmpfs; made if need be. What is in it, from a process that is gone, is ended and removed first. */
  readonly folder: string;
  readonly mapping: Mapping;
  /** Size of a full segment. */
  readonly segmentBytes: number;
  readonly budgetBytes: number;
  /** Each job's files belong to a group of its own; default: if this process is root. */
  readonly withGroups?: boolean;
  /** Told what could not be done in the background. */
  readonly onError: (error: unknown) => void;
}

const kib = 1024;
const mib = kib * kib;

/** Segments that are files on tmpfs, mapped by whoever may enter a job's folder. */
export class SharedSegmentSource implements SegmentSource {
  private readonly options: SharedSourceOptions;
  private readonly withGroups: boolean;
  private readonly stock: SegmentStock;
  private readonly stockBytes: number;
  private readonly background: Background;
  private readonly privateMemory: PrivateSegmentSource;
  /** Live jobs by group id, and how many stores each has open. */
  private readonly groups = new Map<number, { readonly job: string; stores: number }>();
  private discarded = 0;

  constructor(options: SharedSourceOptions) {
    const { folder, mapping, segmentBytes, budgetBytes, withGroups = process.getuid?.() === 0, onError } = options;
    this.options = options;
    this.withGroups = withGroups;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (withGroups) chmodSync(folder, 0o711);
    retireArenas(folder);
    for (const name of ['stock', 'trash']) mkdirSync(join(folder, name), { mode: 0o700 });
    this.background = new Background(onError);
    this.privateMemory = new PrivateSegmentSource(segmentBytes);
    this.stockBytes = Math.min(budgetBytes / 8, 64 * mib);
    this.stock = new SegmentStock({
      folder: join(folder, 'stock'),
      mapping,
      shelves: shelvesFor(segmentBytes),
      background: this.background,
    });
  }

  open(job: string | undefined): JobSegments {
    if (job === undefined) return this.privateMemory.open();
    const group = this.withGroups ? jobGroupId(job) : undefined;
    const owner = group === undefined ? undefined : this.groups.get(group);
    if (owner && owner.job !== job) return this.privateMemory.open(job, 'another job of this shard has the same group id');
    if (group !== undefined) this.groups.set(group, { job, stores: (owner?.stores ?? 0) + 1 });
    const name = `${job}-${randomBytes(6).toString('hex')}`;
    return new JobFolder({
      path: join(this.options.folder, name),
      publishedAs: `${basename(this.options.folder)}/${name}`,
      group,
      mapping: this.options.mapping,
      stock: this.stock,
      background: this.background,
      discard: (path) => this.discard(path),
      onEnd: () => this.leave(group),
    });
  }

  available(bytes: number): void {
    this.stock.limit(Math.min(this.stockBytes, bytes));
  }

  /** Resolves when everything begun in the background is done. */
  idle(): Promise<void> {
    return this.background.idle();
  }

  /** Makes no more files ahead; what there is stays mapped. */
  close(): void {
    this.stock.close();
  }

  private leave(group: number | undefined): void {
    const owner = group === undefined ? undefined : this.groups.get(group);
    if (group !== undefined && owner && --owner.stores === 0) this.groups.delete(group);
  }

  /** Takes a folder out of everybody's reach at once, and away later. */
  private discard(path: string): void {
    const trash = join(this.options.folder, 'trash', `${++this.discarded}`);
    try {
      renameSync(path, trash);
    } catch (error) {
      this.background.complain(error);
      return;
    }
    this.background.add(() => rm(trash, { recursive: true, force: true }));
  }
}

/** First segments, roots and directories, and full segments: what jobs take most. */
function shelvesFor(segmentBytes: number): ShelfPlan[] {
  return [
    {
      bytes: segmentBytes,
      least: Math.max(1, Math.floor((4 * mib) / segmentBytes)),
      most: Math.max(2, Math.floor((48 * mib) / segmentBytes)),
    },
    { bytes: 64 * kib, least: 8, most: 64 },
    { bytes: 4 * kib, least: 16, most: 128 },
  ].filter((plan, index, all) => all.findIndex(({ bytes }) => bytes === plan.bytes) === index);
}
