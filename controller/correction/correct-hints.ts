import { formatBytes } from '@satchel/proto/core';
import type { Figure } from '../model.js';
import { shardsByCapacity } from '../sizing/demand.js';
import { shardBytesPerSecond } from '../sizing/tier-facts.js';

/** When what is seen contradicts what a job said, and how far its reservation then follows. */
export interface CorrectionPolicy {
  /** A job is watched for so long, and after each correction again, before it is given less. */
  readonly patienceMs: number;
  /** A peak below this part of the reservation contradicts it. */
  readonly unused: number;
  /** Use from this part of the reservation on contradicts it, too. */
  readonly near: number;
  /** What is reserved above what was seen. */
  readonly headroom: number;
  /** No correction changes a reservation by more than this factor. */
  readonly step: number;
  /** A reservation never falls below this part of what the job said, nor grows above this multiple. */
  readonly least: number;
  readonly most: number;
}

export const defaultCorrection: CorrectionPolicy = {
  patienceMs: 300_000,
  unused: 0.5,
  near: 0.9,
  headroom: 1.25,
  step: 2,
  least: 1 / 16,
  most: 4,
};

/** One quantity of a job: bytes, or bytes per second. */
export interface Observed {
  /** What it asked for, or earlier runs of its name needed; undefined: nothing is reserved, nothing can be wrong. */
  readonly asked: number | undefined;
  /** What is reserved by now. */
  readonly reserved: number;
  /** The most there ever was. */
  readonly peak: number;
  /** What is there, and not just for a moment. */
  readonly sustained: number;
  /** What it can never exceed, such as its quota. */
  readonly bound: number | undefined;
}

export interface ObservedJob {
  /** How long it has been watched: since it began, or since the last correction. */
  readonly watchedMs: number;
  /** As it says; one that lives long may begin late. */
  readonly lifetimeMs: number | undefined;
  readonly bytes: Observed;
  readonly bytesPerSecond: Observed;
}

/** What is to be reserved from now on; absent: as before. */
export interface Correction {
  readonly capacityBytes?: number;
  readonly throughputBytesPerSecond?: number;
  readonly because: string;
  readonly figures: readonly Figure[];
}

/** Compares a running job with what it said. Pure; undefined: no contradiction, or not for long enough. */
export function correctHints(job: ObservedJob, policy: CorrectionPolicy): Correction | undefined {
  const patienceMs = Math.max(policy.patienceMs, (job.lifetimeMs ?? 0) / 2);
  const patient = job.watchedMs >= patienceMs;
  const capacity = correctedTo(job.bytes, patient, policy);
  const throughput = correctedTo(job.bytesPerSecond, patient, policy);
  if (capacity === undefined && throughput === undefined) return undefined;
  const whys = [
    ...(capacity === undefined ? [] : [why('capacity', job.bytes, capacity, job.watchedMs, '')]),
    ...(throughput === undefined ? [] : [why('throughput', job.bytesPerSecond, throughput, job.watchedMs, '/s')]),
  ];
  return {
    ...(capacity !== undefined && { capacityBytes: capacity }),
    ...(throughput !== undefined && { throughputBytesPerSecond: throughput }),
    because: whys.join('; '),
    figures: [
      { name: 'watchedMs', value: Math.round(job.watchedMs) },
      ...figuresOf('capacity', 'Bytes', job.bytes, capacity),
      ...figuresOf('throughput', 'BytesPerSecond', job.bytesPerSecond, throughput),
    ],
  };
}

/** What is seen, and not just for a moment, of a job that reserves nothing. */
export interface UnreservedUse {
  /** That it was to have, and that it has. */
  readonly wanted: number;
  readonly shards: number;
  readonly heldBytes: number;
  /** Of these, on slower tiers than the job begins on since it was given the shards that it has. */
  readonly spilledBytes: number;
  readonly bytesPerSecond: number;
}

export interface Widening {
  readonly shards: number;
  readonly because: string;
  readonly figures: readonly Figure[];
}

/** A part of the bytes from which on a job has too little room where it is; of a shard's throughput, from which on it is too slow. */
const spilledPart = 1 / 8;
const busyPart = 1 / 2;
const leastSpilledBytes = 2 ** 24;

/** Twice the shards for a job that reserves nothing, if it spills or keeps its shards busy; undefined: it needs none. Pure. */
export function widerShards({ wanted, shards, heldBytes, spilledBytes, bytesPerSecond }: UnreservedUse): Widening | undefined {
  if (shards < wanted || wanted >= shardsByCapacity) return undefined;
  const spills = spilledBytes >= Math.max(leastSpilledBytes, spilledPart * heldBytes);
  if (!spills && bytesPerSecond < busyPart * shards * shardBytesPerSecond) return undefined;
  const because = spills
    ? `${formatBytes(Math.round(spilledBytes))} of ${formatBytes(Math.round(heldBytes))} found no room in dram of ${shards} shards`
    : `${formatBytes(Math.round(bytesPerSecond))}/s moved by ${shards} shards`;
  return {
    shards: Math.min(shardsByCapacity, 2 * wanted),
    because,
    figures: [
      { name: 'shards', value: shards },
      { name: 'heldBytes', value: Math.round(heldBytes) },
      { name: 'spilledBytes', value: Math.round(spilledBytes) },
      { name: 'bytesPerSecond', value: Math.round(bytesPerSecond) },
    ],
  };
}

/** The reservation one quantity is corrected to. */
function correctedTo(observed: Observed, patient: boolean, policy: CorrectionPolicy): number | undefined {
  const { asked, reserved, peak, sustained, bound } = observed;
  if (asked === undefined || reserved <= 0) return undefined;
  if (sustained >= policy.near * reserved) {
    const most = Math.min(policy.most * asked, bound ?? Number.POSITIVE_INFINITY);
    const grown = Math.min(sustained * policy.headroom, reserved * policy.step, most);
    return worthwhile(reserved, grown);
  }
  if (!patient || peak >= policy.unused * reserved) return undefined;
  const shrunk = Math.max(peak * policy.headroom, reserved / policy.step, asked * policy.least);
  return shrunk < reserved ? worthwhile(reserved, shrunk) : undefined;
}

/** Smaller changes of a reservation help nobody. */
const leastChangeBytes = 2 ** 20;
const leastChangePart = 0.05;

function worthwhile(from: number, to: number): number | undefined {
  return Math.abs(to - from) >= Math.max(leastChangeBytes, from * leastChangePart) ? Math.ceil(to) : undefined;
}

function why(what: string, { reserved, peak, sustained }: Observed, to: number, watchedMs: number, per: string): string {
  const amount = (bytes: number) => `${formatBytes(Math.round(bytes))}${per}`;
  if (to > reserved) return `${what}: ${amount(sustained)} in use of ${amount(reserved)} reserved`;
  return `${what}: at most ${amount(peak)} used of ${amount(reserved)} reserved in ${Math.round(watchedMs / 1000)} s`;
}

function figuresOf(what: string, unit: string, observed: Observed, to: number | undefined): Figure[] {
  if (observed.asked === undefined) return [];
  const named = (name: string, value: number): Figure => ({ name: `${what}${name}${unit}`, value: Math.round(value) });
  return [
    named('Asked', observed.asked),
    named('Reserved', observed.reserved),
    named('Peak', observed.peak),
    named('Sustained', observed.sustained),
    ...(to === undefined ? [] : [named('Corrected', to)]),
  ];
}
