import { MapStore } from './map-store.js';
import { describeTierStore } from './tier-store-contract.js';

describeTierStore('a map of buffers', ({ budgetBytes }) => ({ store: new MapStore('dram', budgetBytes) }));
