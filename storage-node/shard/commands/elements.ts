import { limits, SatchelError } from '@satchel/proto/core';
import type { CommandArguments, ReplyWriter } from '@satchel/proto/resp';
import { inSlices } from '../slices.js';
import { latin1Argument, parseInt64 } from './arguments.js';

/** Elements worked on between two looks at the clock. */
const elementsPerStep = 256;

/** An argument as an element of a list; throws `too-large`. */
export function elementArgument(args: CommandArguments, index: number): string {
  return checked(args, index, limits.elementBytes, 'an element of a list');
}

/** An argument as a member of a set; throws `too-large`. */
export function memberArgument(args: CommandArguments, index: number): string {
  return checked(args, index, limits.memberBytes, 'a member of a set');
}

/** The arguments from `first` on, read by `read`. */
export function argumentsFrom<Value>(
  args: CommandArguments,
  first: number,
  read: (args: CommandArguments, index: number) => Value,
): Value[] {
  return Array.from({ length: Math.max(0, args.count - first) }, (_, index) => read(args, first + index));
}

/** How many elements a pop is to take; throws Redis's error, which is the same for what is no number. */
export function positiveCount(args: CommandArguments, index: number): number {
  const count = args.end(index) - args.start(index) > 20 ? undefined : parseInt64(args.text(index));
  if (count !== undefined && count >= 0n) return Number(count);
  throw new SatchelError('invalid-argument', 'value is out of range, must be positive');
}

/** Bytes of some elements or members together. */
export function bytesOf(elements: readonly string[]): number {
  return elements.reduce((sum, { length }) => sum + length, 0);
}

/** Replies with a string of one latin1 character per byte. */
export function replyElement(reply: ReplyWriter, element: string): void {
  const at = reply.reserveBulk(element.length);
  reply.buffer.write(element, at, 'latin1');
}

/** Calls `visit` for 0 to count - 1, in slices if they are many. To be returned from an action, so that nothing changes meanwhile. */
export function inSteps(count: number, visit: (index: number) => void): void | Promise<void> {
  if (count <= elementsPerStep) {
    for (let index = 0; index < count; index++) visit(index);
    return;
  }
  let index = 0;
  return inSlices(() => {
    const end = Math.min(count, index + elementsPerStep);
    while (index < end) visit(index++);
    return index >= count;
  });
}

function checked(args: CommandArguments, index: number, limit: number, what: string): string {
  const length = args.end(index) - args.start(index);
  if (length <= limit) return latin1Argument(args, index);
  throw new SatchelError(
    'too-large',
    `${what} would have ${length} bytes, the limit is ${limit}; SATCHEL.PUT the value under a key of its own, and pass on the key`,
  );
}
