import { parseBytes } from '@satchel/proto/core';
import { z } from 'zod';

/** Where a price was read, and on which day. */
interface Cited {
  readonly source: string;
  readonly date: string;
}

/** A size of machine that a fleet can be made of. Bytes are those that objects can fill. */
export interface NodePrice extends Cited {
  readonly name: string;
  readonly dollarsPerHour: number;
  readonly cores: number;
  readonly dramBytes: number;
  readonly ssdBytes: number;
  /** What its flash reads or writes in small pieces, whichever is less; 0 without flash. */
  readonly ssdBytesPerSecond: number;
  readonly networkBytesPerSecond: number;
}

/** An object store. Limits are those of one prefix. */
export interface ObjectPrice extends Cited {
  readonly name: string;
  readonly dollarsPerGBMonth: number;
  readonly dollarsPerMillionPuts: number;
  readonly dollarsPerMillionGets: number;
  readonly dollarsPerGBWritten: number;
  readonly dollarsPerGBRead: number;
  readonly putMs: number;
  readonly getMs: number;
  /** Infinity: no limit is known. */
  readonly putsPerSecond: number;
  readonly getsPerSecond: number;
}

/** A managed Redis node, for comparison. `memoryBytes` are those that objects can fill. */
export interface RedisPrice extends Cited {
  readonly name: string;
  readonly dollarsPerHour: number;
  readonly memoryBytes: number;
}

/** What storage costs, complete. */
export interface PriceSheet {
  readonly nodes: readonly NodePrice[];
  /** At least one; the first is the fleet's own. */
  readonly objects: readonly [ObjectPrice, ...ObjectPrice[]];
  readonly redis: readonly RedisPrice[];
}

/** NVMe operations are quoted for pieces of this size. */
const ssdOperationBytes = 4096;
const share = z.number().gt(0).max(1);
const dollars = z.number().nonnegative();
const cited = {
  name: z.string().min(1),
  source: z.string().min(1),
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'is not a day such as 2026-07-20'),
};
const size = z.union([z.number(), z.string()]).transform((value, context) => {
  try {
    return parseBytes(String(value));
  } catch {
    context.addIssue({ code: 'custom', message: 'is not a size such as 128GiB or 7500GB' });
    return z.NEVER;
  }
});
const network = z.string().transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?) ?([GM])bps$/.exec(text);
  if (match) return (Number(match[1]) * (match[2] === 'G' ? 1e9 : 1e6)) / 8;
  context.addIssue({ code: 'custom', message: 'is not a rate such as 12.5Gbps or 750Mbps' });
  return z.NEVER;
});

const nodeSchema = z
  .strictObject({
    ...cited,
    dollarsPerHour: z.number().positive(),
    cores: z.number().positive(),
    dram: size,
    ssd: size.default(0),
    ssdIops: z.strictObject({ read: z.number().positive(), write: z.number().positive() }).optional(),
    network: network.pipe(z.number().positive()),
  })
  .refine(({ ssd, ssdIops }) => ssd === 0 || ssdIops !== undefined, {
    path: ['ssdIops'],
    message: 'is missing, but the node has ssd; give { read: …, write: … }, operations of 4 KiB per second',
  });
const objectSchema = z.strictObject({
  ...cited,
  dollarsPerGBMonth: dollars,
  dollarsPerMillionPuts: dollars,
  dollarsPerMillionGets: dollars,
  dollarsPerGBWritten: dollars.default(0),
  dollarsPerGBRead: dollars.default(0),
  putMs: z.number().positive(),
  getMs: z.number().positive(),
  putsPerSecond: z.number().positive().default(Number.POSITIVE_INFINITY),
  getsPerSecond: z.number().positive().default(Number.POSITIVE_INFINITY),
});
const redisSchema = z.strictObject({ ...cited, dollarsPerHour: z.number().positive(), memory: size, usable: share.default(1) });

/** A price sheet as its YAML has it. */
export const priceSheetSchema = z
  .strictObject({
    currency: z.literal('USD'),
    usable: z.strictObject({ dram: share, ssd: share }),
    nodes: z.array(nodeSchema).min(1),
    objects: z.tuple([objectSchema], objectSchema),
    redis: z.array(redisSchema).default([]),
  })
  .refine(({ nodes }) => nodes.some(({ dram }) => dram > 0), { path: ['nodes'], message: 'has no node with dram' })
  .refine(({ nodes }) => new Set(nodes.map(({ name }) => name)).size === nodes.length, {
    path: ['nodes'],
    message: 'names a node twice',
  });

/** A price sheet with what is derived filled in. */
export function completePriceSheet(input: z.output<typeof priceSheetSchema>): PriceSheet {
  return {
    nodes: input.nodes.map(({ dram, ssd, ssdIops, network: networkBytesPerSecond, ...node }) => ({
      ...node,
      dramBytes: dram * input.usable.dram,
      ssdBytes: ssd * input.usable.ssd,
      ssdBytesPerSecond: ssdIops === undefined ? 0 : Math.min(ssdIops.read, ssdIops.write) * ssdOperationBytes,
      networkBytesPerSecond,
    })),
    objects: input.objects,
    redis: input.redis.map(({ memory, usable, ...node }) => ({ ...node, memoryBytes: memory * usable })),
  };
}

/** Where the prices of a fleet are from, and of which dates: `prices of 2026-07-20 (AWS …) and 2025-10-28 (…)`. */
export function pricesText({ nodes, objects: [object] }: PriceSheet): string {
  const dates = new Map<string, Set<string>>();
  for (const { date, source } of [...nodes, object]) dates.set(date, (dates.get(date) ?? new Set()).add(source));
  const parts = [...dates].sort(([a], [b]) => (a < b ? 1 : -1)).map(([date, sources]) => `${date} (${[...sources].join(', ')})`);
  return `prices of ${parts.join(' and ')}`;
}
