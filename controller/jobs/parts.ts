import type { Environment } from '../environment.js';
import type { JobEvents } from '../events.js';
import type { GrantDesk } from '../grant-desk.js';
import type { JobTable } from '../job-table.js';
import type { LeaseTable } from '../leases.js';
import type { Namespaces } from '../namespaces/namespaces.js';
import type { Fleet } from '../nodes.js';
import type { ReservedCapacity } from '../placement.js';
import type { Planner } from '../planner.js';
import type { SlotMapWatchers } from '../slot-map-watchers.js';
import type { Tokens } from '../tokens.js';
import type { UsageDesk } from '../usage-desk.js';
import type { JobConfigurer } from './configurer.js';
import type { NodeSettler } from './node-settler.js';

/** What is counted. */
export interface JobCounters {
  registered(): void;
  lapsed(): void;
}

/** What the parts of a job's life share. */
export interface JobParts {
  readonly environment: Environment;
  readonly fleet: Fleet;
  readonly tokens: Tokens;
  readonly counters: JobCounters;
  readonly table: JobTable;
  readonly reserved: ReservedCapacity;
  readonly watchers: SlotMapWatchers;
  readonly events: JobEvents;
  readonly leases: LeaseTable;
  readonly grants: GrantDesk;
  readonly usage: UsageDesk;
  readonly planner: Planner;
  readonly namespaces: Namespaces;
  readonly configurer: JobConfigurer;
  readonly settler: NodeSettler;
}
