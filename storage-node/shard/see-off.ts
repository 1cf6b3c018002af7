import { type Clock, limits } from '@satchel/proto/core';

/** A client's connection to a shard that is to end. */
export interface SeenOff {
  /** Whether everything that came was answered, nothing is under way, and nothing has come for so long. */
  isQuiet(forMs: number): boolean;
  /** Carries out no more, and closes once what came before was answered. Idempotent. */
  quit(): void;
}

const lookMs = 50;

/**
 * Ends connections so that no client misses an answer: each as soon as it is quiet, and after limits.leavePatienceMs all. Settles when none is left, or those
 * that are wait for what may never come.
 */
export async function seeOff(connections: () => readonly SeenOff[], clock: Clock): Promise<void> {
  const begunMs = clock.now();
  for (let left = connections(); left.length > 0; left = connections()) {
    const pastMs = clock.now() - begunMs;
    if (pastMs > limits.leavePatienceMs + limits.lingerMs) return;
    const isLate = pastMs >= limits.leavePatienceMs;
    for (const connection of left) if (isLate || connection.isQuiet(limits.leaveQuietMs)) connection.quit();
    await new Promise<void>((resolve) => clock.after(lookMs, resolve));
  }
}
