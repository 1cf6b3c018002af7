import { describe } from 'vitest';
import { sharedPool, sharingProblem } from '../testing/arenas.js';
import { describeTierStore } from '../testing/tier-store-contract.js';
import { ArenaPool } from './arena-pool.js';

describeTierStore('the arena', ({ budgetBytes }) => ({ store: new ArenaPool({ budgetBytes }).open() }));
describeTierStore('an arena of small units', ({ budgetBytes }) => ({
  store: new ArenaPool({ budgetBytes, unitBytes: 1024, segmentBytes: 16 * 1024 }).open(),
}));
describe.skipIf(sharingProblem)('shared', () => {
  describeTierStore('an arena that others may read', ({ budgetBytes }) => ({ store: sharedPool({ budgetBytes }).open('job-1') }));
});
