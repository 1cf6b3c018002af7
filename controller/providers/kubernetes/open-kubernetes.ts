import type { Clock } from '@satchel/proto/core';
import type { Logger } from 'pino';
import { KubernetesApi, type KubernetesScope } from './kubernetes-api.js';
import { KubernetesProvider } from './kubernetes-provider.js';

/** A provider with the access that kubectl has here, or that the pod has. Throws as {@link KubernetesProvider.open}. */
export function openKubernetes(scope: KubernetesScope, clock: Clock, log: Logger): Promise<KubernetesProvider> {
  return KubernetesProvider.open(new KubernetesApi(scope), clock, log);
}
