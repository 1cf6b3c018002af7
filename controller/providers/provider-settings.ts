import type { Environment } from '../environment.js';
import { dollarsPerHour } from '../prices.js';
import { mainOf } from '../processes/mains.js';
import { shardBytesPerSecond } from '../sizing/tier-facts.js';
import { LocalProvider } from './local/local-provider.js';
import type { NodeProvider } from './node-provider.js';
import { staticProvider } from './static-provider.js';

/** Where nodes come from, as it was asked for. */
export type ProviderSettings = { readonly kind: 'static' } | LocalSettings | KubernetesSettings;

/** Nodes as pods of the StatefulSets of a namespace whose labels match. */
export interface KubernetesSettings {
  readonly kind: 'kubernetes';
  readonly namespace: string;
  readonly selector: string;
}

/** Nodes as processes of this machine, all alike. */
export interface LocalSettings {
  readonly kind: 'local';
  /** Folder of all nodes. */
  readonly dir: string;
  readonly shards: number;
  /** Per node, shared by its shards. */
  readonly dramBytes: number;
  readonly ssdBytes: number;
  /** Per node; undefined: what its shards are relied on for. */
  readonly throughputBytesPerSecond: number | undefined;
  /** Undefined: a folder in `dir`. */
  readonly object: string | undefined;
  readonly socketDir: string | undefined;
  readonly basePort: number;
  readonly httpPort: number;
  readonly spin: string | undefined;
  readonly most: number;
}

/** Opens the provider; nodes find the controller at `controller`. Throws `unavailable` if that cannot be. */
export async function openProvider(
  settings: ProviderSettings,
  controller: string,
  { clock, log }: Pick<Environment, 'clock' | 'log'>,
): Promise<NodeProvider> {
  if (settings.kind === 'static') return staticProvider;
  if (settings.kind === 'kubernetes') {
    // Its client is large, and few controllers need it.
    const { openKubernetes } = await import('./kubernetes/open-kubernetes.js');
    return openKubernetes(settings, clock, log);
  }
  const { shards, dramBytes, ssdBytes, most, object, dir, ...rest } = settings;
  const throughputBytesPerSecond = settings.throughputBytesPerSecond ?? shards * shardBytesPerSecond;
  const dollars = dollarsPerHour({ dramBytes, ssdBytes, objectBytes: 0 });
  return new LocalProvider({
    ...rest,
    dir,
    controller,
    log,
    main: mainOf('storage-node'),
    object: object ?? `file:${dir}/objects`,
    shape: { shards, dramBytes, ssdBytes, throughputBytesPerSecond, dollarsPerHour: dollars, most },
  });
}
