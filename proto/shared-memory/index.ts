export { ArenaReader, type AskReason, askReasons, type LocalStat } from './arena-reader.js';
export { type ArenaFiles, mappedArenaFiles, type ReadableFile } from './arena-reader-files.js';
export { hashOfBytes } from './key-hash.js';
export {
  blockCountOf,
  blockOrderAt,
  directoryIndexOf,
  entryHeaderBytes,
  entryWord,
  homeSlotOf,
  inlineListWords,
  keyLengthMask,
  largestBlockOrder,
  layoutVersion,
  listWordsOf,
  manifestBit,
  ownsSlot,
  persistBit,
  referenceStepBytes,
  rootAccess,
  rootBytesFor,
  rootFileName,
  rootMagic,
  rootState,
  rootWord,
  segmentEntryWords,
  segmentFileName,
  slotAfter,
  smallestRootBytes,
  tableHeaderSlots,
  tableWord,
  tailOffsetOf,
} from './layout.js';
export { LookupKey } from './lookup-key.js';
export { loadMapping, type MappedFile, type Mapping, mappingProblem, NoRoomError } from './mapping.js';
export { formatRing, RingEnd, ringBytes } from './ring.js';
export { askForRing, type MadeRing, makeRing, type ReceivedRing, sendDescriptor } from './ring-channel.js';
export { RingOutput } from './ring-output.js';
export { hasSpinFolder, makeSpinFolder, removeSpinFolderIfLast, SpinSlot } from './spin-slot.js';
