import type { Command } from '../command.js';
import { stripeCommands } from '../striping/stripe-commands.js';
import { blockingCommands } from './blocking.js';
import { counterCommands } from './counters.js';
import { expiryCommands } from './expiry.js';
import { keyCommands } from './keys.js';
import { listChangeCommands } from './list-changes.js';
import { listingCommands } from './listing.js';
import { listCommands } from './lists.js';
import { localCommands } from './local.js';
import { manyCommands } from './many.js';
import { memberCommands } from './members.js';
import { objectCommands } from './objects.js';
import { offerCommands } from './offers.js';
import { pubSubCommands } from './pubsub.js';
import { renameCommands } from './renames.js';
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
  ...listingCommands,
  ...objectCommands,
  ...renameCommands,
  ...listCommands,
  ...listChangeCommands,
  ...memberCommands,
  ...blockingCommands,
  ...offerCommands,
  ...pubSubCommands,
  ...satchelCommands,
  ...stripeCommands,
  ...localCommands,
  ...waitCommands,
  ...watchCommands,
];
