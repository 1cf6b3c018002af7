import { SatchelError } from '@satchel/proto/core';
import type { Command } from '../command.js';
import { isConnectionSession } from '../session.js';

/**
 * SATCHEL.RING, on the Unix socket: the client gets the descriptor of a piece of memory with its `+OK` and goes on there, in RESP,
 * as it would on the socket; the socket only wakes either side from now on, and ends the connection when it closes.
 */
export const ringCommand: Command = {
  name: 'satchel.ring',
  arity: 1,
  scope: 'connection',
  flags: ['noscript'],
  run({ session }) {
    if (!isConnectionSession(session)) throw new SatchelError('invalid-argument', 'SATCHEL.RING is for clients on this host');
    session.openRing();
  },
};
