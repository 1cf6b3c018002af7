import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomId } from '@satchel/proto/core';

/**
 * Names what a shard's folder holds: a word in a file that is made with the folder. Whoever knows the word of before can tell whether the
 * folder was emptied or exchanged since.
 */
export function contentsOf(shardDir: string): string {
  const file = join(shardDir, 'contents');
  try {
    const word = readFileSync(file, 'utf8').trim();
    if (word !== '') return word;
  } catch {
    // There is none yet.
  }
  const word = randomId(16);
  mkdirSync(shardDir, { recursive: true });
  writeFileSync(`${file}.new`, word);
  renameSync(`${file}.new`, file);
  return word;
}
