import { setImmediate } from 'node:timers/promises';
import { loadMapping } from '@satchel/proto/shared-memory';
import { ArenaPool } from '../../arena/arena-pool.js';
import { randomNumbers } from '../../arena/churn.js';
import { SharedSegmentSource } from '../../arena/shared-source.js';
import { Key } from '../../key.js';
import { plainMetadata } from '../../tier-store.js';
import { hotKeys, largestBytes, tortureBytes, tortureKeys, writeValue } from './torture-value.js';

// A process that changes a shared arena as fast as it can. Arguments: folder, file of the board, bytes of a unit, bytes of a segment. It sends the
// job's folder when readers may come, and on any message stops and sends what it did.
// The board has two words for each key: the number of its last change that has begun, and of the last that was done.

const [folder = '', boardPath = '', unitBytes = '8192', segmentBytes = '1048576'] = process.argv.slice(2);
const mapping = loadMapping();
if (mapping === undefined) throw new Error('this system cannot map files');
const begun = new Uint32Array(mapping.create(boardPath, 8 * tortureKeys).memory);
const done = begun.subarray(tortureKeys);
const budgetBytes = 256 * 1024 * 1024;
const source = new SharedSegmentSource({
  folder,
  mapping,
  budgetBytes,
  segmentBytes: Number(segmentBytes),
  onError: (error) => {
    throw error;
  },
});
const pool = new ArenaPool({ budgetBytes, unitBytes: Number(unitBytes), segmentBytes: Number(segmentBytes), source });
const store = pool.open('torture');
store.setOwnedSlots([{ start: 0, end: 16_384 }]);
const keys = Array.from({ length: tortureKeys }, (_, index) => Key.of(`key-${index}`));
const value = Buffer.alloc(largestBytes + 64);
const random = randomNumbers(Date.now());
let operations = 0;

function change(index: number, putShare: number, bytes: number): void {
  const key = keys[index] as Key;
  const sequence = ((begun[index] as number) + 1) >>> 0;
  Atomics.store(begun, index, sequence);
  const isPut = random() < putShare;
  const length = isPut ? writeValue(value, index, sequence, bytes) : 0;
  if (!isPut) store.delete(key);
  else if (!store.put(key, value, 0, length, plainMetadata(Date.now()))) throw new Error('the arena is full');
  Atomics.store(done, index, sequence);
  operations++;
}

/** Hot keys all the time, and waves of small objects that make the index grow and shrink, and segments come and go. */
function changes(wave: number): void {
  for (let count = 0; count < 300; count++) {
    change(Math.floor(random() * hotKeys), 0.85, tortureBytes(random(), random()));
    const cold = hotKeys + Math.floor(random() * (tortureKeys - hotKeys));
    change(cold, wave % 2 === 0 ? 0.95 : 0.05, Math.floor(random() * 300));
    change(cold - (cold % 2), wave % 2 === 0 ? 0.95 : 0.05, Math.floor(random() * 300));
  }
}

let stopped = false;
process.once('message', () => {
  stopped = true;
});
process.once('disconnect', () => process.exit(0));
for (let index = 0; index < hotKeys; index++) change(index, 1, 100);
process.send?.(store.share());
for (let round = 0; !stopped; round++) {
  changes(Math.floor(round / 200));
  await setImmediate();
}
process.send?.({ operations, problems: store.audit() }, () => process.exit(0));
