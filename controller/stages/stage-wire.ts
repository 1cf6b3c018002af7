import { checkName, SatchelError } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import type { NewStage } from './stage-tree.js';
import type { StageView } from './stages.js';

/** Shortest lease of a stage, and the longest: a day. */
const leastLeaseMs = 1000;
const mostLeaseMs = 24 * 3600 * 1000;

/** A stage to be as it was asked for, checked; throws `invalid-argument`. */
export function readNewStage({ name, parent, prefix, leaseMs }: wire.BeginStageRequest__Output): NewStage {
  if (leaseMs !== 0 && (leaseMs < leastLeaseMs || leaseMs > mostLeaseMs)) {
    throw new SatchelError(
      'invalid-argument',
      `a stage's lease of ${leaseMs} ms was asked for; from ${leastLeaseMs} ms to ${mostLeaseMs} ms is allowed, or none`,
    );
  }
  return { name: checkName('stage name', name || 'stage'), parent, prefix, leaseMs };
}

export function stageToWire({ record, expiresMs }: StageView): wire.Stage {
  const { job, stage, name, prefix, parent, leaseMs, createdMs, state } = record;
  return {
    ...{ job, stage, name, prefix, parent, leaseMs },
    state: state.kind,
    endReason: state.kind === 'active' ? '' : state.reason,
    createdAtMs: createdMs,
    expiresAtMs: expiresMs ?? 0,
    endedAtMs: state.kind === 'ended' ? state.endedMs : 0,
    reclaimed: state.kind === 'active' ? null : state.reclaimed,
  };
}
