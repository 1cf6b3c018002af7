import { z } from 'zod';
import {
  type HintName,
  type Hints,
  type HintsInput,
  parseBytes,
  parseBytesPerSecond,
  parseDurationMs,
  parseRequestsPerSecond,
  SatchelError,
} from '../core/index.js';

/** Far above what any fleet has, and small enough that sums and products of hints stay exact. */
const mostBytes = 2 ** 50;
const mostRequestsPerSecond = 1e9;
const mostLifetimeSeconds = 366 * 24 * 3600;
const mostFunctions = 1_000_000;

const numberOr = (parse: (text: string) => number) => z.union([z.number(), z.string().transform(parse)]);
const bytes = numberOr(parseBytes).pipe(z.number().int().positive().max(mostBytes));

const hintsSchema = z.strictObject({
  capacity: bytes.optional(),
  throughput: numberOr(parseBytesPerSecond).pipe(z.number().int().positive().max(mostBytes)).optional(),
  functions: z.number().int().positive().max(mostFunctions).optional(),
  latencySensitive: z.boolean().optional(),
  evict: z.enum(['lru']).optional(),
  replicas: z.number().int().positive().optional(),
  requests: numberOr(parseRequestsPerSecond).pipe(z.number().int().positive().max(mostRequestsPerSecond)).optional(),
  valueSize: bytes.optional(),
  lifetimeSeconds: numberOr((text) => parseDurationMs(text) / 1000)
    .pipe(z.number().positive().max(mostLifetimeSeconds))
    .optional(),
}) satisfies z.ZodType<Hints, HintsInput>;

/** What may be given for each hint, as an error says it. */
const allowed: Record<HintName, string> = {
  capacity: 'a size above 0 and at most 1PiB, such as 64MiB, 10GiB or 4096',
  throughput: 'a rate above 0 and at most 1PiB/s, such as 100MiB/s or 1GiB/s',
  functions: `a whole number from 1 to ${mostFunctions}`,
  latencySensitive: 'true or false',
  evict: "'lru', which makes the job a cache",
  replicas: '1',
  requests: `a whole number of requests per second from 1 to ${mostRequestsPerSecond}, such as 5000/s`,
  valueSize: 'a size above 0 and at most 1PiB, such as 64KiB',
  lifetimeSeconds: 'a duration above 0 and at most 366 days, such as 30s, 10m or 2h',
};

/** Every hint, each once. */
export const hintNames = Object.keys(allowed) as readonly HintName[];

/** Validates hints; throws `invalid-argument` naming the hint, its value and what is allowed. */
export function parseHints(input: HintsInput): Hints {
  const hints = sound(input);
  if (hints !== undefined && (hints.replicas ?? 1) === 1) return hints;
  throw problemOf(input);
}

/** The hints, or undefined if something is wrong with them. */
function sound(input: HintsInput): Hints | undefined {
  try {
    return hintsSchema.safeParse(input).data;
  } catch {
    // A text that is no amount.
    return undefined;
  }
}

/** The first thing that is wrong with hints. */
function problemOf(input: HintsInput): SatchelError {
  for (const name of Object.keys(input)) {
    if (!isHintName(name)) return refusal(`hint ${name} is not known; the hints are ${hintNames.join(', ')}`);
  }
  for (const name of hintNames) {
    const problem = problemWith(name, input[name]);
    if (problem !== undefined) return refusal(`hint ${name}: ${problem}; give ${allowed[name]}`);
  }
  return refusal(
    `hint replicas: ${input.replicas} copies were asked for, but Satchel does not replicate yet; leave it at 1, and keep what must survive a node with PERSIST`,
  );
}

function problemWith(name: HintName, value: unknown): string | undefined {
  try {
    return hintsSchema.shape[name].safeParse(value).success ? undefined : `${JSON.stringify(value)} was given`;
  } catch (error) {
    return SatchelError.from(error).message;
  }
}

function isHintName(name: string): name is HintName {
  return name in allowed;
}

function refusal(message: string): SatchelError {
  return new SatchelError('invalid-argument', message);
}
