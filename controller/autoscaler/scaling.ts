import { type CorrectionPolicy, defaultCorrection } from '../correction/correct-hints.js';
import { HintCorrector } from '../correction/hint-corrector.js';
import type { DecisionLog } from '../decisions/decision-log.js';
import type { Environment } from '../environment.js';
import type { Jobs } from '../jobs.js';
import type { Fleet } from '../nodes.js';
import { fencedProvider } from '../providers/fenced-provider.js';
import { openProvider, type ProviderSettings } from '../providers/provider-settings.js';
import { Autoscaler } from './autoscaler.js';
import { type AutoscalePolicy, completePolicy } from './policy.js';

/** How a controller holds its fleet at its size. */
export interface ScalingSettings {
  readonly provider: ProviderSettings;
  readonly policy: Partial<AutoscalePolicy>;
  /** Undefined: reservations of running jobs are not corrected. */
  readonly correction: Partial<CorrectionPolicy> | undefined;
}

/** A fleet that nobody scales automatically. */
export const staticScaling: ScalingSettings = { provider: { kind: 'static' }, policy: {}, correction: {} };

/** What holds the fleet at its size while a controller leads. */
export interface Scaling {
  readonly autoscaler: Autoscaler;
  /** Stops deciding, and the nodes that are processes of this one. Idempotent. */
  close(): Promise<void>;
}

export interface ScalingParts {
  readonly environment: Environment;
  readonly fleet: Fleet;
  readonly jobs: Jobs;
  readonly decisions: DecisionLog;
  /** host:port under which nodes find this controller. */
  readonly address: string;
}

/** Begins to scale. Throws `unavailable` if the provider cannot be opened. */
export async function startScaling(settings: ScalingSettings, { address, ...parts }: ScalingParts): Promise<Scaling> {
  const { leads = () => true } = parts.environment;
  const provider = fencedProvider(await openProvider(settings.provider, address, parts.environment), leads);
  const autoscaler = new Autoscaler({ ...parts, provider, policy: completePolicy(settings.policy) });
  const { environment, jobs, decisions } = parts;
  const correction = settings.correction && { ...defaultCorrection, ...settings.correction };
  const corrector = correction && new HintCorrector({ environment, jobs, decisions, policy: correction });
  const close = () => {
    autoscaler.close();
    corrector?.close();
    return provider.close();
  };
  return { autoscaler, close };
}
