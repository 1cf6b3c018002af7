import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import type { CommandContext } from './context.js';
import { withProgress } from './progress.js';

/** Runs `work` on a channel to the controller, closed afterwards, with progress if it takes long. */
export async function withController<Result>(
  context: CommandContext,
  work: (channel: ControllerChannel) => Promise<Result>,
): Promise<Result> {
  const channel = dial(context.controller);
  try {
    return await withProgress(context.io, `waiting for the controller at ${context.controller}`, () => work(channel));
  } finally {
    channel.close();
  }
}
