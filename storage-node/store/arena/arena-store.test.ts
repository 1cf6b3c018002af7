import { describeTierStore } from '../testing/tier-store-contract.js';
import { ArenaPool } from './arena-pool.js';

describeTierStore('the arena', ({ budgetBytes }) => ({ store: new ArenaPool({ budgetBytes }).open() }));
describeTierStore('an arena of small units', ({ budgetBytes }) => ({
  store: new ArenaPool({ budgetBytes, unitBytes: 1024, segmentBytes: 16 * 1024 }).open(),
}));
