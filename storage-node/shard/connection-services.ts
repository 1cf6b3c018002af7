import type { InputBudget } from '@satchel/proto/resp';
import type { Logger } from 'pino';
import type { Dispatcher } from './dispatch.js';
import type { OutputPool } from './output-pool.js';
import type { Rings } from './ring/rings.js';
import type { ServerStatistics } from './shard-environment.js';
import type { Turn } from './turn.js';

/** What all connections of a shard share. */
export interface ConnectionServices {
  readonly log: Logger;
  readonly turn: Turn;
  readonly pool: OutputPool;
  readonly inputBudget: InputBudget;
  readonly statistics: ServerStatistics;
  readonly rings: Rings;
  readonly dispatcher: Pick<Dispatcher, 'execute' | 'beginUpload'>;
}
