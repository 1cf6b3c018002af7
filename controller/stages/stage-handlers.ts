import { SatchelError } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import { toServiceError } from '@satchel/proto/rpc';
import { type UnaryParts, unary } from '../unary.js';

const refuse = (): never => {
  throw new SatchelError('unavailable', 'this controller has no stages yet');
};

/** Methods of the control API about stages. */
export function stageHandlers(
  parts: UnaryParts,
): Pick<wire.JobsHandlers, 'BeginStage' | 'RenewStage' | 'EndStage' | 'ListStages' | 'WatchJob' | 'GetReceipt'> {
  return {
    BeginStage: unary(parts, 'BeginStage', refuse),
    RenewStage: unary(parts, 'RenewStage', refuse),
    EndStage: unary(parts, 'EndStage', refuse),
    ListStages: unary(parts, 'ListStages', refuse),
    WatchJob: (call) => call.emit('error', toServiceError(new SatchelError('unavailable', 'not yet'))),
    GetReceipt: unary(parts, 'GetReceipt', refuse),
  };
}
