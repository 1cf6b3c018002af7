import type * as wire from '@satchel/proto/gen';
import type { Jobs } from '../jobs.js';
import { type UnaryParts, unary } from '../unary.js';
import { readNewStage, stageToWire } from './stage-wire.js';

/** Methods of the control API about stages. */
export function stageHandlers(
  parts: UnaryParts & { readonly jobs: Jobs },
): Pick<wire.JobsHandlers, 'BeginStage' | 'RenewStage' | 'EndStage' | 'ListStages'> {
  const { stages } = parts.jobs;
  return {
    BeginStage: unary(parts, 'BeginStage', async (request) =>
      stageToWire(await stages.begin(request.job, readNewStage(request))),
    ),
    RenewStage: unary(parts, 'RenewStage', ({ job, stage }) => stageToWire(stages.renew(job, stage))),
    EndStage: unary(parts, 'EndStage', async ({ job, stage }) => stageToWire(await stages.end(job, stage))),
    ListStages: unary(parts, 'ListStages', ({ job, ended }) => ({ stages: stages.list(job, ended).map(stageToWire) })),
  };
}
