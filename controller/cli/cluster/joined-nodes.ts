import { setTimeout as delay } from 'node:timers/promises';
import { SatchelError } from '@satchel/proto/core';
import type { Node__Output } from '@satchel/proto/gen';
import { dial } from '@satchel/proto/rpc';
import type { ReadyNode } from './ready-document.js';

/** How often the controller is asked whether its nodes have joined; nothing tells. */
const askMs = 50;

/** The nodes that a controller started itself, once there are `count`. Throws `unavailable` if it takes too long. */
export async function nodesThatJoined(controller: string, count: number, timeoutMs: number): Promise<ReadyNode[]> {
  const deadline = performance.now() + timeoutMs;
  const channel = dial(controller);
  try {
    for (;;) {
      const { nodes } = await channel.call(channel.fleet, channel.fleet.listNodes, {});
      const ready = nodes.filter(({ state }) => state === 'up').flatMap(readyNode);
      if (ready.length >= count) return ready;
      if (performance.now() > deadline)
        throw new SatchelError('unavailable', `${ready.length} of ${count} nodes have joined in time`);
      await delay(askMs);
    }
  } finally {
    channel.close();
  }
}

function readyNode({ node, host, shards, http }: Node__Output): ReadyNode[] {
  const first = shards[0];
  return first === undefined ? [] : [{ id: node, address: `${host}:${first.endpointPort}`, socket: first.socket, http }];
}
