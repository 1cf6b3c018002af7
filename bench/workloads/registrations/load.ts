import { SatchelError } from '@satchel/proto/core';
import type { RegisterJobRequest } from '@satchel/proto/gen';
import { serveWorker } from '../../worker.js';
import { Registrar, type RegistrationLoad } from './registrar.js';
import { SyntheticFleet, type SyntheticFleetOptions } from './synthetic-fleet.js';

let fleet: SyntheticFleet | undefined;
let registrar: Registrar | undefined;

function opened(): Registrar {
  if (registrar === undefined) throw new SatchelError('internal', 'no controller was named');
  return registrar;
}

/** Functions of a process that is the fleet, or the clients. */
const functions = {
  join: async (options: SyntheticFleetOptions): Promise<void> => {
    fleet = await SyntheticFleet.join(options);
  },
  counts: (_: undefined) => fleet?.counts() ?? { heartbeats: 0, configured: 0, purged: 0 },
  open: (controller: string): void => {
    registrar = new Registrar(controller);
  },
  hold: ({ requests, inFlight }: { readonly requests: RegisterJobRequest[]; readonly inFlight: number }) =>
    opened().hold(requests, inFlight),
  run: (load: RegistrationLoad) => opened().run(load),
  endAll: (inFlight: number) => opened().endAll(inFlight),
};
export type RegistrationFunctions = typeof functions;

serveWorker(functions);
