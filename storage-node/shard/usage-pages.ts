import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { UsageTotals } from '@satchel/proto/core';
import { loadMapping, type Mapping } from '@satchel/proto/shared-memory';
import { JobUsage, usageCells, usageOfCells } from './job-usage.js';

const cellBytes = Float64Array.BYTES_PER_ELEMENT;
/** A row: one byte with the length of the job's id, the id, then its cells. */
const idBytes = 64;
const rowBytes = 256;
const rowsPerFile = 256;
const fileBytes = rowsPerFile * rowBytes;

/** Counters of one job, as a shard left them. */
export interface LeftUsage {
  readonly job: string;
  readonly usage: UsageTotals;
}

interface Row {
  readonly bytes: Uint8Array;
  readonly cells: Float64Array;
}

/**
 * Counters of a shard's jobs in files on tmpfs that the shard has mapped: what it counted up to the moment it was killed can be read by the
 * host. Jobs get rows as they are opened; where a row cannot be had counters lie in private memory.
 */
export class UsagePages {
  private readonly folder: string;
  private readonly mapping: Mapping;
  private readonly free: Row[] = [];
  private readonly taken = new Map<string, Row>();
  private files = 0;

  private constructor(folder: string, mapping: Mapping) {
    this.folder = folder;
    this.mapping = mapping;
  }

  /** Pages in a shard's arena folder, in which there are none yet; undefined if the shard shares no memory. */
  static open(arena: string | undefined): UsagePages | undefined {
    const mapping = arena === undefined ? undefined : loadMapping();
    if (arena === undefined || mapping === undefined) return undefined;
    const folder = folderOf(arena);
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch {
      return undefined;
    }
    return new UsagePages(folder, mapping);
  }

  /** Counters for a job, from 0. */
  take(job: string): JobUsage {
    const id = Buffer.from(job);
    const row = id.length >= idBytes || this.taken.has(job) ? undefined : this.row();
    if (row === undefined) return new JobUsage();
    this.taken.set(job, row);
    row.cells.fill(0);
    row.bytes.set(id, 1);
    row.bytes[0] = id.length;
    return new JobUsage(row.cells);
  }

  /** The counters of the job were told for the last time. */
  release(job: string): void {
    const row = this.taken.get(job);
    if (row === undefined) return;
    this.taken.delete(job);
    row.bytes[0] = 0;
    this.free.push(row);
  }

  private row(): Row | undefined {
    if (this.free.length === 0) this.addFile();
    return this.free.pop();
  }

  private addFile(): void {
    try {
      const { memory } = this.mapping.create(join(this.folder, `${this.files}`), fileBytes);
      this.files++;
      for (let at = fileBytes - rowBytes; at >= 0; at -= rowBytes) {
        this.free.push({
          bytes: new Uint8Array(memory, at, idBytes),
          cells: new Float64Array(memory, at + idBytes, usageCells),
        });
      }
    } catch {
      // No room on tmpfs: the job's counters are not kept beyond the process.
    }
  }
}

/** What the jobs of a shard that is gone used up to `nowMs`; nothing if it had no pages. Bytes of every tier count until then. */
export function readUsagePages(arena: string, nowMs: number): LeftUsage[] {
  const folder = folderOf(arena);
  const left: LeftUsage[] = [];
  for (const name of namesIn(folder)) {
    const file = readFileSync(join(folder, name));
    for (let at = 0; at + rowBytes <= file.length; at += rowBytes) {
      const length = file[at] ?? 0;
      if (length === 0 || length >= idBytes) continue;
      const cells = new Float64Array(usageCells);
      for (let index = 0; index < usageCells; index++) cells[index] = file.readDoubleLE(at + idBytes + index * cellBytes);
      left.push({ job: file.toString('utf8', at + 1, at + 1 + length), usage: usageOfCells(cells, nowMs, 0) });
    }
  }
  return left;
}

function folderOf(arena: string): string {
  return join(arena, 'usage');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
