import { expect, test } from 'vitest';
import { movedTo } from './moved-to.js';

test.each([
  ['MOVED 3999 127.0.0.1:6381', '127.0.0.1:6381'],
  ['MOVED 1 :7501', ':7501'],
  ['GONE slot 12 is moving to shard-3:7501; repeat the command', 'shard-3:7501'],
  ['GONE the object was replaced while it was read', undefined],
  ['ERR MOVED 1 127.0.0.1:1', undefined],
])('of %s the address is %s', (line, address) => expect(movedTo(line)).toBe(address));
