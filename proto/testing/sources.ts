import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A TypeScript file of the repository. */
export interface Source {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  readonly isTest: boolean;
  /** Module specifiers, type imports and re-exports included. */
  readonly imports: readonly string[];
}

export const repository = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['proto', 'controller', 'storage-node', 'client-sdk', 'faas-adapter', 'bench'];
const skipped = new Set(['node_modules', 'dist', 'gen']);

/** Every hand-written TypeScript file of the workspaces. */
export function readSources(): Source[] {
  return folders.flatMap((folder) => walk(join(repository, folder)));
}

function walk(folder: string): Source[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(path);
    return /\.m?ts$/.test(entry.name) ? [readSource(path)] : [];
  });
}

function readSource(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const path = relative(repository, file);
  return {
    path,
    text,
    lines: text.split('\n').length - 1,
    isTest: /\.(test|e2e|bench)\.ts$|\/testing\//.test(path),
    imports: [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string),
  };
}

/** The file a relative import names, relative to the repository. */
export function resolveImport(from: Source, specifier: string): string {
  return relative(repository, resolve(repository, dirname(from.path), specifier)).replace(/\.(m?)js$/, '.$1ts');
}
