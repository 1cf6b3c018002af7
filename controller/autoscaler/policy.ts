import { assert } from '@satchel/proto/core';
import { networkOvercommit } from '../sizing/tier-facts.js';
import type { Amounts } from './amounts.js';

/** How a fleet is held at its size. */
export interface AutoscalePolicy {
  /** Time between two looks at the fleet; what jobs lack is heard of at once. */
  readonly tickMs: number;
  /** Utilisation is kept between these two. */
  readonly low: number;
  readonly high: number;
  /**
   * The part of what is reserved that counts as taken. Reservations are peaks, which do not come all at once; placement keeps room in memory for
   * each of them all the same.
   */
  readonly reservedParts: Amounts;
  /** What new nodes are to bring it to. */
  readonly target: number;
  /**
   * What it may be without a node, for that node to be drained. Under `high`, so that noise does not call the node back; of several nodes
   * those after the first may only bring it to the target.
   */
  readonly afterDrain: number;
  /** Nodes there are always. */
  readonly least: number;
  /** Nodes there are at most, those that start or drain included. */
  readonly most: number;
  /** Utilisation has been under `low`, and no node been started or drained, for so long before a node is drained. */
  readonly lingerMs: number;
  /** After nodes were started on observed figures these have so long to tell anew; reserved figures are true at once. */
  readonly settleMs: number;
  /** Time constant by which observed rates are smoothed. */
  readonly smoothingMs: number;
  /** Most nodes started by one decision: this part of the fleet, but `stepLeast` always. */
  readonly stepOut: number;
  readonly stepLeast: number;
  /** Most nodes drained by one decision: this part of the fleet, but one always. */
  readonly stepIn: number;
  /** A node that has not joined by then is not counted on any more. */
  readonly startTimeoutMs: number;
}

/** A start takes seconds to a minute, an idle node costs by the hour: quick to grow, slow to shrink. */
export const defaultPolicy: AutoscalePolicy = {
  tickMs: 1000,
  low: 0.6,
  high: 0.8,
  reservedParts: { cpu: 1, network: 1 / networkOvercommit, dram: 0.85, ssd: 0.85 },
  target: 0.75,
  afterDrain: 0.78,
  least: 1,
  most: 16,
  lingerMs: 20_000,
  settleMs: 45_000,
  smoothingMs: 30_000,
  stepOut: 1,
  stepLeast: 4,
  stepIn: 0.5,
  startTimeoutMs: 120_000,
};

/** A policy with some of its settings given. */
export function completePolicy(given: Partial<AutoscalePolicy>): AutoscalePolicy {
  const policy = { ...defaultPolicy, ...given };
  assert(policy.low < policy.target && policy.target < policy.high && policy.high <= 1, 'the target lies in the band');
  assert(policy.low < policy.afterDrain && policy.afterDrain <= policy.high, 'a drain leaves the fleet in the band');
  assert(policy.least >= 1 && policy.least <= policy.most, 'there is at least one node, and no more than the most');
  return policy;
}
