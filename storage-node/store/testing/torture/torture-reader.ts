import { setImmediate } from 'node:timers/promises';
import { ArenaReader, LookupKey, loadMapping, mappedArenaFiles } from '@satchel/proto/shared-memory';
import { randomNumbers } from '../../arena/churn.js';
import { checkValue, hotKeys, isPieceOf, tortureKeys } from './torture-value.js';

// A process that reads what a torture's writer changes, and checks every byte. Arguments: the job's folder, file of the board. It sends `ready` after its
// first reads, and on any message stops and sends what it saw.

const [folder = '', boardPath = ''] = process.argv.slice(2);
const mapping = loadMapping();
if (mapping === undefined) throw new Error('this system cannot map files');
const begun = new Uint32Array(mapping.open(boardPath).memory);
const done = begun.subarray(tortureKeys);
const reader = ArenaReader.open(mappedArenaFiles(mapping, folder));
if (reader === undefined) throw new Error(`there is no arena in ${folder}`);
const key = new LookupKey();
const random = randomNumbers(process.pid);
/** Newest change of each key that was seen. */
const seen = new Uint32Array(tortureKeys);
const wrong: string[] = [];
let reads = 0;

/** What was read is not older than what was done before, nor than what was read before, nor newer than what has begun. */
function checkOrder(index: number, sequence: number, doneBefore: number): void {
  if (sequence < doneBefore) wrong.push(`key ${index}: value ${sequence} after change ${doneBefore} was done`);
  if (sequence < (seen[index] as number)) wrong.push(`key ${index}: value ${sequence} after ${seen[index]} was read`);
  if (sequence > Atomics.load(begun, index)) wrong.push(`key ${index}: value ${sequence} before it was put`);
  seen[index] = Math.max(seen[index] as number, sequence);
}

function readOne(): void {
  const index = Math.floor(random() * (random() < 0.7 ? hotKeys : tortureKeys));
  key.set(`key-${index}`);
  reads++;
  const doneBefore = Atomics.load(done, index);
  const value = reader?.get(key, Date.now());
  if (value !== undefined) {
    const checked = checkValue(value, index);
    if (typeof checked === 'string') wrong.push(checked);
    else checkOrder(index, checked, doneBefore);
  }
  if (reads % 8 === 0) readPart(index);
}

/** Reads part of a value; of which version it is a part is known if the key did not change meanwhile. */
function readPart(index: number): void {
  const before = Atomics.load(begun, index);
  if (Atomics.load(done, index) !== before) return;
  const size = reader?.stat(key, Date.now())?.size ?? 0;
  if (size <= 20) return;
  const from = 12 + Math.floor(random() * (size - 12));
  const part = reader?.getRange(key, from, from + 1 + Math.floor(random() * 30_000), Date.now());
  if (part === undefined || Atomics.load(begun, index) !== before) return;
  if (!isPieceOf(part, index, before, from)) wrong.push(`key ${index}: wrong bytes in a part of value ${before}`);
}

let stopped = false;
process.once('message', () => {
  stopped = true;
});
process.once('disconnect', () => process.exit(0));
for (let round = 0; !stopped && wrong.length < 10; round++) {
  for (let count = 0; count < 500; count++) readOne();
  if (round % 16 === 0) reader.sweep();
  if (round === 0) process.send?.('ready');
  await setImmediate();
}
const { served, retries, asked, live, mapped } = reader;
process.send?.({ reads, served, retries, asked, live, mapped, wrong }, () => process.exit(0));
