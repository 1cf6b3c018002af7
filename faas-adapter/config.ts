import { z } from 'zod';

const optionsSchema = z.strictObject({
  /** Address to listen on. */
  host: z.string().default('127.0.0.1'),
  /** Port of the invoke and management API; 0 picks a free one. */
  port: z.coerce.number().int().min(0).max(65_535).default(7420),
  /** Folder of deployed functions; they survive a restart. */
  dir: z.string(),
  /** `host:port` of the controller, asked once for the key that verifies job tokens. */
  controller: z.string().optional(),
  /** Sandboxes alive at the same time, of all functions together. Each takes some 50 MiB when idle. */
  maxSandboxes: z.coerce.number().int().min(1).max(10_000).default(64),
  /** Seconds a sandbox is kept warm after its last call. */
  keepWarmSeconds: z.coerce.number().int().min(0).default(300),
});

export type Options = z.output<typeof optionsSchema>;

/** Validates options as the command line gives them and fills in defaults. */
export function parseOptions(input: unknown): Options {
  return optionsSchema.parse(input);
}

/** How a function is run. */
export const functionSettingsSchema = z.strictObject({
  /** Module and export, `index.handler` being `handler` of index.mjs, index.js or index.cjs. */
  handler: z
    .string()
    .regex(/^[\w./-]+\.[\w$]+$/, 'looks like MODULE.EXPORT, for example index.handler')
    .refine((handler) => !handler.split('/').includes('..'), 'stays inside the folder')
    .default('index.handler'),
  /** Memory of one sandbox; above it the call fails and the sandbox is replaced. */
  memoryMiB: z.number().int().min(64).max(10_240).default(256),
  /** A call that takes longer fails, and its sandbox is replaced. 900 is AWS Lambda's bound. */
  timeoutSeconds: z.number().positive().max(900).default(60),
  /** Environment variables; SATCHEL_URL among them is the job of calls that name none. */
  environment: z.record(z.string(), z.string()).default({}),
});

export type FunctionSettings = z.output<typeof functionSettingsSchema>;
