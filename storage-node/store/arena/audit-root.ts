import { rootState, rootWord, segmentEntryWords, tableWord } from '@satchel/proto/shared-memory';
import type { ArenaParts } from './compactor.js';
import { u32 } from './typed-access.js';

/** Checks that what readers are told is so; returns what is not, in words. */
export function auditRoot(parts: ArenaParts): string[] {
  const told = [...headerOf(parts), ...segmentsOf(parts), ...tablesOf(parts)];
  return told
    .filter(([, word, truth]) => word !== truth)
    .map(([name, word, truth]) => `readers see ${name} ${word}, it is ${truth}`);
}

/** What it is, what readers see, what is so. */
type Told = readonly [string, number, number];

function headerOf({ memory, index }: ArenaParts): Told[] {
  const { root, geometry } = memory;
  const { segment, depth } = index.directoryPlace;
  return [
    ['state', root.word(rootWord.state), rootState.live],
    ['an odd generation:', root.word(rootWord.generation) & 1, 0],
    ['unit shift', root.word(rootWord.unitShift), geometry.unitShift],
    ['segment shift', root.word(rootWord.segmentRefShift), geometry.segmentRefShift],
    ['directory depth', root.word(rootWord.directoryDepth), depth],
    ['directory serial', root.word(rootWord.directorySerial), segment.serial],
    ['directory bytes', root.word(rootWord.directoryBytes), segment.memory.byteLength],
    ['segments up to', root.word(rootWord.segmentsEnd), memory.segmentsEnd],
  ];
}

function segmentsOf({ memory }: ArenaParts): Told[] {
  return Array.from({ length: memory.segmentsEnd }, (_, number): Told[] => {
    const at = rootWord.segments + segmentEntryWords * number;
    const segment = memory.segmentAt(number);
    return [
      [`serial of segment ${number}`, memory.root.word(at), segment?.serial ?? 0],
      [`size of segment ${number}`, memory.root.word(at + 1), segment ? Math.log2(segment.memory.byteLength) : 0],
    ];
  }).flat();
}

function tablesOf({ memory, index, units }: ArenaParts): Told[] {
  return index.allTables().flatMap((table): Told[] => {
    const ref = (table << memory.geometry.unitRefShift) >>> 0;
    const words = memory.wordsOf(ref);
    return [
      [`table ${table} with an odd version:`, u32(words, memory.wordAt(ref) + tableWord.version) & 1, 0],
      [`table ${table} going on at`, u32(words, memory.wordAt(ref) + tableWord.next), u32(units.next, table)],
    ];
  });
}
