/** Words of a text with how often each occurs: runs of letters, digits and apostrophes, in lower case. */
export function countWords(text: string, counts: Map<string, number> = new Map()): Map<string, number> {
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}']+/gu)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Which of `parts` reducers counts a word: its FNV-1a hash, modulo. */
export function partOf(word: string, parts: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % parts;
}

/** Adds the counts of one list to another. */
export function addCounts(counts: Map<string, number>, added: readonly (readonly [string, number])[]): void {
  for (const [word, count] of added) counts.set(word, (counts.get(word) ?? 0) + count);
}
