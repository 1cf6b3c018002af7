import { z } from 'zod';
import { SatchelError } from './errors.js';
import { parseBytes, parseBytesPerSecond } from './units.js';

const bytes = z.union([z.number(), z.string().transform(parseBytes)]).pipe(z.number().int().positive());
const rate = z.union([z.number(), z.string().transform(parseBytesPerSecond)]).pipe(z.number().int().positive());

const hintsSchema = z.strictObject({
  /** Bytes the job holds at most; its quota. A number, or text such as `10GiB`. */
  capacity: bytes.optional(),
  /** Peak bytes per second of the whole job. A number, or text such as `1GiB/s`. */
  throughput: rate.optional(),
  /** Functions that run at the same time. */
  functions: z.number().int().positive().max(1_000_000).optional(),
  /** Whether an access must stay well under a millisecond. */
  latencySensitive: z.boolean().optional(),
  /** `lru`: the job is a cache, the least recently used objects go when it is full. */
  evict: z.enum(['lru']).optional(),
  /** Copies of each object. */
  replicas: z.number().int().positive().optional(),
});

/** Hints as a user may write them. */
export type HintsInput = z.input<typeof hintsSchema>;
/** Hints in bytes and bytes per second; one that is absent is unknown, never zero. */
export type Hints = z.output<typeof hintsSchema>;

/** Validates hints; throws `invalid-argument` naming the hint, its value and what is allowed. */
export function parseHints(input: HintsInput): Hints {
  const parsed = hintsSchema.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new SatchelError('invalid-argument', `hint ${issue?.path.join('.') || ''}: ${issue?.message}`);
  }
  if ((parsed.data.replicas ?? 1) > 1) {
    throw new SatchelError(
      'invalid-argument',
      `hint replicas: ${parsed.data.replicas} copies were asked for, but Satchel does not replicate yet; leave it at 1`,
    );
  }
  return parsed.data;
}
