import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

let version: string | undefined;

/** Version of this package. */
export function nodeVersion(): string {
  version ??= z.object({ version: z.string() }).parse(JSON.parse(readFileSync(packageFile(), 'utf8'))).version;
  return version;
}

/** The package file lies beside the sources; compiled code is one folder deeper. */
function packageFile(): URL {
  const beside = new URL('../package.json', import.meta.url);
  return existsSync(beside) ? beside : new URL('../../package.json', import.meta.url);
}
