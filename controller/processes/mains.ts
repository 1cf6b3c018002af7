import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SatchelError } from '@satchel/proto/core';

/** Parts that are started as processes of their own, by package. */
export type Part = 'controller' | 'storage-node' | 'functions' | 'bench';

/** Path of a part's compiled main; throws `unavailable` if it is not installed or not built. */
export function mainOf(part: Part): string {
  const file = fileURLToPath(import.meta.resolve(`@satchel/${part}/main`));
  if (existsSync(file)) return file;
  throw new SatchelError('unavailable', `${file} does not exist; run \`npm run build\` first`);
}
