import { KubeConfig } from '@kubernetes/client-node';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.js';
import { FakeKubernetes } from '../../testing/fake-kubernetes.js';
import { KubernetesApi } from './kubernetes-api.js';
import { KubernetesProvider } from './kubernetes-provider.js';

const log = pino({ level: 'silent' });
let kubernetes: FakeKubernetes;
let clock: FakeClock;
let provider: KubernetesProvider | undefined;

beforeEach(async () => {
  kubernetes = await FakeKubernetes.start();
  clock = new FakeClock();
});

afterEach(async () => {
  await provider?.close();
  provider = undefined;
  await kubernetes.close();
});

async function open(token = 'secret'): Promise<KubernetesProvider> {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'fake', server: kubernetes.url, skipTLSVerify: true }],
    users: [{ name: 'controller', token }],
    contexts: [{ name: 'fake', cluster: 'fake', user: 'controller' }],
    currentContext: 'fake',
  });
  const { namespace, selector } = kubernetes;
  provider = await KubernetesProvider.open(new KubernetesApi({ namespace, selector }, config), clock, log);
  return provider;
}

const phases = async (of: KubernetesProvider) => Object.fromEntries((await of.nodes()).map(({ node, phase }) => [node, phase]));

const seen = (of: KubernetesProvider, expected: Record<string, string>) =>
  vi.waitFor(async () => expect(await phases(of)).toEqual(expected));

describe('a provider on Kubernetes', () => {
  test('reads what a node holds and costs from its StatefulSet', async () => {
    kubernetes.addStatefulSet('dram', 0);
    const { shapes } = await open();
    expect(shapes).toEqual([
      {
        name: 'dram',
        shards: 2,
        dramBytes: 16 * 2 ** 30,
        ssdBytes: 100 * 2 ** 30,
        throughputBytesPerSecond: 2 ** 30,
        dollarsPerHour: 0.4,
        most: 5,
      },
    ]);
  });

  test('follows its pods from pending to running to gone', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    await seen(opened, { 'dram-0': 'starting' });
    kubernetes.settle('dram-0');
    await seen(opened, { 'dram-0': 'running' });
    kubernetes.scale('dram', 0);
    await seen(opened, { 'dram-0': 'stopping' });
    kubernetes.finishDeletion('dram-0');
    await seen(opened, {});
  });

  test('says that a pod whose container cannot start has failed', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    kubernetes.settle('dram-0', 'ImagePullBackOff');
    await seen(opened, { 'dram-0': 'failed' });
  });

  test('starts nodes by more replicas and names the pods that will join', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    expect(await opened.start('dram', 2)).toEqual(['dram-1', 'dram-2']);
    expect(kubernetes.replicas('dram')).toBe(3);
    await seen(opened, { 'dram-0': 'starting', 'dram-1': 'starting', 'dram-2': 'starting' });
  });

  test('numbers pods from where the StatefulSet begins', async () => {
    kubernetes.addStatefulSet('dram', 1, (set) => {
      if (set.spec) set.spec.ordinals = { start: 10 };
    });
    const opened = await open();
    expect(await opened.start('dram', 1)).toEqual(['dram-11']);
    expect(await opened.removable(['dram-10', 'dram-11'])).toEqual(['dram-11', 'dram-10']);
    await opened.remove('dram-11');
    expect(kubernetes.replicas('dram')).toBe(1);
  });

  test('never scales beyond the limit of a StatefulSet', async () => {
    kubernetes.addStatefulSet('dram', 4);
    const opened = await open();
    await expect(opened.start('dram', 2)).rejects.toThrow(/has 4 replicas; 2 more would exceed its limit of 5/);
    expect(kubernetes.replicas('dram')).toBe(4);
  });

  test('reads a scale again that others changed meanwhile', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    kubernetes.beforeNextScale(() => kubernetes.scale('dram', 2));
    expect(await opened.start('dram', 1)).toEqual(['dram-2']);
    expect(kubernetes.replicas('dram')).toBe(3);
  });

  test('gives up a scale that others keep changing', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    kubernetes.beforeScales(() => kubernetes.scale('dram', 3 - kubernetes.replicas('dram')));
    await expect(opened.start('dram', 1)).rejects.toThrow(/changed by somebody else/);
  });

  test('lets only the last pods of each StatefulSet be drained, the highest number first', async () => {
    kubernetes.addStatefulSet('dram', 3);
    kubernetes.addStatefulSet('ssd', 2);
    const opened = await open();
    expect(await opened.removable(['dram-0', 'dram-1', 'dram-2', 'ssd-0'])).toEqual(['dram-2', 'dram-1', 'dram-0']);
    expect(await opened.removable(['dram-0', 'ssd-1'])).toEqual(['ssd-1']);
    expect(await opened.removable(['elsewhere'])).toEqual([]);
  });

  test('takes the last pod away and no other', async () => {
    kubernetes.addStatefulSet('dram', 3);
    const opened = await open();
    await expect(opened.remove('dram-0')).rejects.toThrow('pod dram-0 cannot be taken away before dram-2');
    expect(kubernetes.replicas('dram')).toBe(3);
    await opened.remove('dram-2');
    await opened.remove('dram-2');
    expect(kubernetes.replicas('dram')).toBe(2);
    await opened.remove('elsewhere');
  });

  test('takes no pod away that was added since its scale was read', async () => {
    kubernetes.addStatefulSet('dram', 3);
    const opened = await open();
    kubernetes.beforeNextScale(() => kubernetes.scale('dram', 4));
    await expect(opened.remove('dram-2')).rejects.toThrow('pod dram-2 cannot be taken away before dram-3');
    expect(kubernetes.replicas('dram')).toBe(4);
  });
});

describe('a watch of pods', () => {
  test('goes on after its connection broke', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    await vi.waitFor(() => expect(kubernetes.watching).toBe(1));
    kubernetes.dropWatches();
    kubernetes.settle('dram-0');
    await vi.waitFor(async () => {
      clock.advance(1000);
      expect(await phases(opened)).toEqual({ 'dram-0': 'running' });
    });
  });

  test('lists anew when its version is too old', async () => {
    kubernetes.addStatefulSet('dram', 2);
    const opened = await open();
    await vi.waitFor(() => expect(kubernetes.watching).toBe(1));
    kubernetes.dropWatches();
    kubernetes.scale('dram', 1);
    kubernetes.finishDeletion('dram-1');
    kubernetes.compact();
    await vi.waitFor(async () => {
      clock.advance(1000);
      expect(await phases(opened)).toEqual({ 'dram-0': 'starting' });
    });
  });

  test('that the API ends as expired lists anew', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    await vi.waitFor(() => expect(kubernetes.watching).toBe(1));
    kubernetes.compact();
    kubernetes.settle('dram-0');
    await seen(opened, { 'dram-0': 'running' });
  });

  test('that fails is tried again, and until then nobody takes old pods for new', async () => {
    kubernetes.addStatefulSet('dram', 1);
    const opened = await open();
    await vi.waitFor(() => expect(kubernetes.watching).toBe(1));
    kubernetes.failNext(500);
    kubernetes.dropWatches();
    await vi.waitFor(() => expect(opened.nodes()).rejects.toMatchObject({ code: 'unavailable' }));
    await vi.waitFor(async () => {
      clock.advance(60_000);
      expect(await phases(opened)).toEqual({ 'dram-0': 'starting' });
    });
  });
});

describe('opening says what is wrong', () => {
  test('when no StatefulSet matches', async () => {
    await expect(open()).rejects.toThrow(/no StatefulSet matches/);
  });

  test('when an annotation is missing', async () => {
    kubernetes.addStatefulSet('dram', 1, (set) => {
      delete set.metadata?.annotations?.['satchel.dev/dollars-per-hour'];
    });
    await expect(open()).rejects.toThrow('StatefulSet dram has no annotation satchel.dev/dollars-per-hour');
  });

  test('when a size cannot be read', async () => {
    kubernetes.addStatefulSet('dram', 1, (set) => {
      const container = set.spec?.template.spec?.containers[0];
      if (container) container.args = ['--shards', '2', '--dram', 'much'];
    });
    await expect(open()).rejects.toThrow(/StatefulSet dram has the argument --dram much: /);
  });

  test('when the service account may not', async () => {
    kubernetes.addStatefulSet('dram', 1);
    kubernetes.requireToken('another');
    await expect(open()).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('role of the chart'),
    });
  });
});
