import { formatBytes, formatDuration } from '@satchel/proto/core';
import type { Reclaimed__Output, Stage__Output } from '@satchel/proto/gen';
import { fields } from './output.js';

/** What was given back, for people. */
export function reclaimedText(reclaimed: Reclaimed__Output | null): string {
  return reclaimed === null ? '-' : `${reclaimed.objects} objects, ${formatBytes(reclaimed.bytes)}`;
}

/** How long a stage's lease still has, or why the stage is over. */
export function stageLeaseText(stage: Stage__Output, nowMs: number): string {
  if (stage.state !== 'active') return stage.endReason;
  if (stage.leaseMs === 0) return "its parent's";
  return stage.expiresAtMs > nowMs ? `${formatDuration(stage.expiresAtMs - nowMs)} left` : 'lapsing';
}

/** A stage, for people. */
export function stageFields(stage: Stage__Output): string {
  return fields([
    ['stage', stage.stage],
    ['prefix', stage.prefix],
    ['state', stage.state],
    ['lease', stageLeaseText(stage, Date.now())],
    ...(stage.state === 'active' ? [] : ([['reclaimed', reclaimedText(stage.reclaimed)]] as const)),
  ]);
}
