// Holds a lock on the first file of a folder of slots until it is killed.
import { openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const koffi = createRequire(import.meta.url)('koffi');
const flock = koffi.load(null).func('int flock(int, int)');
const descriptor = openSync(join(process.argv[2], 'spin', '0'), 'r');
if (flock(descriptor, 2) !== 0) process.exit(1);
process.send('held');
setInterval(() => {}, 1 << 30);
