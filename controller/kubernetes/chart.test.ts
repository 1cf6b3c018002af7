import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { V1PodSpec, V1StatefulSet } from '@kubernetes/client-node';
import { parseBytes } from '@satchel/proto/core';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { shapeOf } from '../providers/kubernetes/stateful-shape.js';
import { renderChart } from '../testing/render-chart.js';

const chart = fileURLToPath(new URL('chart', import.meta.url));
const manifest = fileURLToPath(new URL('satchel.yaml', import.meta.url));
const require = createRequire(import.meta.url);

interface Document {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
}

const documentsOf = (text: string): Document[] => parseAllDocuments(text).map((document) => document.toJS() as Document);
const render = (values = {}) => documentsOf(renderChart(chart, 'satchel', 'satchel', values));
const statefulSets = (documents: readonly Document[]) =>
  documents.filter(({ kind }) => kind === 'StatefulSet') as unknown as V1StatefulSet[];
const podOf = ({ spec }: V1StatefulSet): V1PodSpec => spec?.template.spec as V1PodSpec;
const isNode = ({ metadata }: V1StatefulSet) => metadata?.labels?.['app.kubernetes.io/component'] === 'storage-node';
const valuesOf = () => parse(readFileSync(`${chart}/values.yaml`, 'utf8'));

/** Checks a document against the schema that Kubernetes publishes for its kind; throws what is wrong. */
function validate(document: Document): void {
  const models = require(`kubernetes-models/${document.apiVersion}`);
  const Model = models[document.kind];
  new Model(document).validate();
}

const variants: Record<string, object> = {
  'as it is': {},
  'with etcd and standbys': { controller: { ...valuesOf().controller, replicas: 3, etcd: 'etcd://etcd:2379/satchel' } },
  'without network policies': { networkPolicy: { ...valuesOf().networkPolicy, enabled: false } },
  'with a secret, a storage class, node selectors and tolerations': {
    object: { uri: 's3://bucket?region=r', credentialsSecret: 'keys' },
    controller: { ...valuesOf().controller, storageClassName: 'fast' },
    nodes: valuesOf().nodes.map((node: object) => ({
      ...node,
      nodeSelector: { pool: 'satchel' },
      tolerations: [{ key: 'satchel', operator: 'Exists' }],
    })),
  },
};

describe.each(Object.entries(variants))('the chart %s', (_, values) => {
  test.each(render(values).map((document) => [document.kind, document.metadata.name, document] as const))(
    'has a valid %s %s',
    (_kind, _name, document) => validate(document),
  );
});

test('a document that Kubernetes would not take is not valid', () => {
  const [first] = statefulSets(render());
  const broken = structuredClone(first) as unknown as Document & { spec: { replicas: unknown } };
  broken.spec.replicas = 'many';
  expect(() => validate(broken)).toThrow(/replicas/);
});

test('the plain manifests are what the chart renders', async () => {
  await expect(renderChart(chart, 'satchel', 'satchel')).toMatchFileSnapshot(manifest);
});

test('helm renders the same', ({ skip }) => {
  try {
    execFileSync('helm', ['version'], { stdio: 'ignore' });
  } catch {
    skip('helm is not installed');
  }
  const text = execFileSync('helm', ['template', 'satchel', chart, '--namespace', 'satchel'], { encoding: 'utf8' });
  const byName = (documents: readonly Document[]) => documents.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  expect(byName(documentsOf(text))).toEqual(byName(render()));
});

const keyOf = ({ kind, metadata }: Document) => `${kind} ${metadata.name}`;

describe('every pod', () => {
  test.each(statefulSets(render()).map((set) => [set.metadata?.name, set] as const))(
    '%s runs without root, on a read-only file system, without capabilities, with probes and limits',
    (_, set) => {
      const pod = podOf(set);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect([container.readinessProbe, container.livenessProbe]).not.toContain(undefined);
        expect(container.resources?.limits?.['memory']).toBeDefined();
        const claims = (set.spec?.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name);
        const volumes = [...(pod.volumes ?? []).map(({ name }) => name), ...claims];
        for (const { name } of container.volumeMounts ?? []) expect(volumes).toContain(name);
      }
    },
  );
});

describe('every node', () => {
  const nodes = statefulSets(render()).filter(isNode);

  test('is one that the provider can read', () => {
    expect(nodes.map(shapeOf).map(({ name, shards, dollarsPerHour }) => ({ name, shards, dollarsPerHour }))).toEqual([
      { name: 'satchel-dram', shards: 4, dollarsPerHour: 0.4032 },
      { name: 'satchel-ssd', shards: 4, dollarsPerHour: 0.686 },
    ]);
  });

  test.each(nodes.map((set) => [set.metadata?.name, set] as const))('%s has room for what it announces', (_, set) => {
    const { dramBytes, ssdBytes, shards } = shapeOf(set);
    const pod = podOf(set);
    const memory = pod.volumes?.find(({ name }) => name === 'memory')?.emptyDir;
    const disk =
      pod.volumes?.find(({ name }) => name === 'disk')?.emptyDir?.sizeLimit ??
      set.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.['storage'];
    const limit = parseBytes(`${pod.containers[0]?.resources?.limits?.['memory']}B`);
    expect(memory?.medium).toBe('Memory');
    expect(parseBytes(`${memory?.sizeLimit}B`)).toBeGreaterThanOrEqual(dramBytes + shards * 64 * 2 ** 20);
    expect(parseBytes(`${disk}B`)).toBeGreaterThanOrEqual(ssdBytes);
    expect(limit).toBeGreaterThanOrEqual(dramBytes + (shards + 1) * 256 * 2 ** 20);
  });

  test('is protected from evictions and from who has no business with it', () => {
    const documents = render();
    const selected = (kind: string, name: string) => {
      const { spec } = documents.find((document) => document.kind === kind && document.metadata.name === name) as unknown as {
        spec: { selector?: { matchLabels: object }; podSelector?: { matchLabels: object } };
      };
      return spec.selector?.matchLabels ?? spec.podSelector?.matchLabels ?? {};
    };
    for (const set of nodes) {
      const labels = set.spec?.template.metadata?.labels;
      expect(labels).toMatchObject(selected('PodDisruptionBudget', 'satchel-nodes'));
      expect(labels).toMatchObject(selected('NetworkPolicy', 'satchel-nodes'));
      expect(labels).toMatchObject(set.spec?.selector.matchLabels ?? {});
    }
  });
});

test('a value that does not exist, and what the renderer does not know, is an error', () => {
  expect(() => renderChart(chart, 'satchel', 'satchel', { image: {} })).toThrow('there is no .Values.image.repository');
});
