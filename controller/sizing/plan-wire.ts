import type * as wire from '@satchel/proto/gen';
import type { JobPlan } from '../allocation.js';
import { planSources } from '../sources.js';
import { allocationToWire } from '../wire.js';
import type { Alternatives, PlannedAlternative } from './planned-alternatives.js';
import type { PriceSheet } from './price-sheet.js';

/** A plan as clients get it. */
export function planToWire({ allocation, reasons }: JobPlan, considered: Alternatives, prices: PriceSheet): wire.Plan {
  return {
    allocation: allocationToWire(allocation),
    reasons: planSources(allocation, reasons, considered, prices),
    alternatives: considered.alternatives.map(alternativeToWire),
    dollarsPerJob: (allocation.dollarsPerHour * considered.lifetimeMs) / 3_600_000,
  };
}

function alternativeToWire(alternative: PlannedAlternative): wire.Alternative {
  const { name, chosen, dramBytes, ssdBytes, objectBytes, priced, dollarsPerJob, latencyMs, misses, bottleneck, short } =
    alternative;
  return {
    name,
    chosen,
    dramBytes,
    ssdBytes,
    objectBytes,
    dollarsPerHour: priced.dollarsPerHour,
    requestDollarsPerHour: priced.requestDollarsPerHour,
    dollarsPerJob,
    latencyMs,
    misses: [...misses],
    short: [...short],
    bottleneck: bottleneck.name,
    because: bottleneck.because,
  };
}
