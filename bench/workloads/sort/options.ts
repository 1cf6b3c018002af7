import { parseBytes, SatchelError } from '@satchel/proto/core';
import { z } from 'zod';
import { distributions } from './function/generate.mjs';

const parts = z.coerce.number().int().min(1).max(1000);

const schema = z.object({
  /** A file whose lines are sorted instead of generated records. */
  input: z.string().optional(),
  /** Bytes of generated input. */
  size: z.string().default('256MiB').transform(parseBytes).pipe(z.number().int().min(100)),
  mappers: parts.default(8),
  reducers: parts.default(8),
  distribution: z.enum(distributions).default('uniform'),
  /** The same seed generates the same input. */
  seed: z.coerce.number().int().default(1),
});

/** What is sorted, and by how many functions. */
export type SortOptions = z.output<typeof schema>;

/** Validates and completes the options of a sort; throws `invalid-argument` naming the option. */
export function parseSortOptions(input: unknown): SortOptions {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new SatchelError('invalid-argument', `--${issue?.path.join('.')}: ${issue?.message}`);
}
