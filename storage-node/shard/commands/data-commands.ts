import type { Command } from '../command.js';
import { counterCommands } from './counters.js';
import { expiryCommands } from './expiry.js';
import { keyCommands } from './keys.js';
import { localCommands } from './local.js';
import { manyCommands } from './many.js';
import { satchelCommands } from './satchel.js';
import { scanCommands } from './scan.js';
import { setCommands } from './sets.js';
import { stringCommands } from './strings.js';
import { waitCommands } from './waits.js';
import { watchCommands } from './watching.js';

/** Every command on a job's objects. */
export const dataCommands: readonly Command[] = [
  ...stringCommands,
  ...setCommands,
  ...manyCommands,
  ...counterCommands,
  ...keyCommands,
  ...expiryCommands,
  ...scanCommands,
  ...satchelCommands,
  ...localCommands,
  ...waitCommands,
  ...watchCommands,
];
