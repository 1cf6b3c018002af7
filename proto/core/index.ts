// Public: what the SDK shows of these to its users.

// ---- between the parts of Satchel ----
export { type JobClaims, type LinkClaims, rangesOfClaims, tokenLifetimeMs, type Verb, verbs } from './claims.js';
export { type Clock, systemClock } from './clock.js';
export { assert, type ErrorCode, type ErrorWord, SatchelError } from './errors.js';
export type { HintName, Hints, HintsInput } from './hints.js';
export { checkName, newJobId, randomId } from './ids.js';
export { jobGroupId, jobGroups } from './job-group.js';
export { formatJobUrl, type JobUrl, parseJobUrl } from './job-url.js';
export { limits } from './limits.js';
export {
  rangesFromWeights,
  type SlotMap,
  type SlotRange,
  shardOfSlot,
  shardsOf,
  slotMapProblem,
  slotsPerShard,
} from './slot-map.js';
export { slotCount, slotOf, slotOfBytes } from './slots.js';
export {
  type ChunkName,
  type ChunkPart,
  checkedStripe,
  chunkCount,
  chunkKey,
  chunkKeyBytes,
  chunkLength,
  chunkParts,
  isChunkKey,
  parseChunkKey,
  type Stripe,
  stripeVersionCharacters,
} from './stripes.js';
export { isTier, persistPrefix, type Tier, tiers } from './tiers.js';
export {
  formatBytes,
  formatDollars,
  formatDuration,
  parseBytes,
  parseBytesPerSecond,
  parseDurationMs,
  parseRequestsPerSecond,
} from './units.js';
export {
  addUsage,
  combineUsage,
  extrapolateUsage,
  heldBytes,
  noUsage,
  tierFields,
  type UsageField,
  type UsageTotals,
  usageFields,
  withoutHeld,
} from './usage.js';
