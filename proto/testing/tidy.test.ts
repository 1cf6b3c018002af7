import { describe, expect, test } from 'vitest';
import { readSources, resolveImport, type Source } from './sources.js';

const sources = readSources();
const product = sources.filter((source) => !source.isTest);

/** Parts in which a file may lie, longest prefix first, and the parts each may import besides itself. */
const parts: Record<string, readonly string[]> = {
  'proto/core': [],
  'proto/validation': ['proto/core'],
  'proto/rpc': ['proto/gen', 'proto/core'],
  'proto/resp': ['proto/core'],
  'proto/shared-memory': ['proto/core'],
  'client-sdk': ['proto/core', 'proto/validation', 'proto/rpc', 'proto/resp', 'proto/shared-memory', 'proto/gen'],
  'storage-node': ['proto/core', 'proto/validation', 'proto/rpc', 'proto/resp', 'proto/shared-memory', 'proto/gen'],
  'controller/processes': ['proto/core'],
  'controller/cli': ['proto/core', 'proto/rpc', 'proto/resp', 'proto/gen', 'client-sdk', 'controller/processes'],
  controller: ['proto/core', 'proto/validation', 'proto/rpc', 'proto/gen', 'controller/processes'],
  'faas-adapter': ['client-sdk', 'proto/core', 'proto/validation', 'proto/rpc', 'proto/gen'],
  bench: ['controller', 'faas-adapter', 'client-sdk', 'proto/core', 'proto/rpc', 'proto/resp', 'proto/gen'],
};
const packages: Record<string, string> = {
  '@satchel/client': 'client-sdk',
  '@satchel/storage-node': 'storage-node',
  '@satchel/controller': 'controller',
  '@satchel/functions': 'faas-adapter',
  '@satchel/bench': 'bench',
};

/** Packages that are imported in few places: each file or folder that may. */
const vendors: Record<string, readonly RegExp[]> = {
  '@aws-sdk/': [/^storage-node\/store\/object\/s3-client\.ts$/],
  '@grpc/': [/^proto\/rpc\//, /^proto\/gen\//],
  '@kubernetes/': [/^controller\/providers\/kubernetes\//],
  protobufjs: [/^proto\/rpc\//],
  yaml: [/^controller\/sizing\/price-sheet-file\.ts$/],
  cockatiel: [/^controller\/state\/etcd\/client\.ts$/],
  etcd3: [/^controller\/state\/etcd\/client\.ts$/],
  koffi: [/^proto\/shared-memory\//],
  vega: [/^bench\/simulate\/report\/plot\.ts$/],
};

const fileLineLimit = 350;
const testLineLimit = 450;

function partOf(path: string): string | undefined {
  return Object.keys(parts)
    .filter((part) => path.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function importedPart(source: Source, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    const target = resolveImport(source, specifier);
    return target.startsWith('proto/gen/') ? 'proto/gen' : partOf(target);
  }
  if (specifier.startsWith('@satchel/proto/')) return specifier.slice('@satchel/'.length);
  const name = Object.keys(packages).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  return name && packages[name];
}

describe('imports', () => {
  test('go in one direction between the parts', () => {
    const wrong = product.flatMap((source) => {
      const part = partOf(source.path);
      if (!part) return [];
      return source.imports
        .map((specifier) => [specifier, importedPart(source, specifier)] as const)
        .filter(([, target]) => target !== undefined && target !== part && !parts[part]?.includes(target))
        .map(([specifier]) => `${source.path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  test('never take an index from inside its own folder', () => {
    const wrong = sources.flatMap((source) =>
      source.imports.filter((specifier) => specifier === './index.js').map(() => source.path),
    );
    expect(wrong).toEqual([]);
  });

  test('have no cycles', () => {
    const edges = new Map(
      product.map((source) => [
        source.path,
        source.imports.filter((specifier) => specifier.startsWith('.')).map((specifier) => resolveImport(source, specifier)),
      ]),
    );
    expect(findCycle(withoutTypeOnly(edges))).toEqual([]);
  });

  test('load no library with the SDK: a function that only uses a store starts without them', () => {
    const loaded = ['client-sdk', 'proto/core', 'proto/resp', 'proto/shared-memory'];
    const light = /^(\.|node:|@satchel\/proto\/(core|resp|shared-memory)$)/;
    const wrong = product
      .filter(({ path }) => loaded.includes(partOf(path) ?? ''))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms)]
          .filter(([, specifier]) => !light.test(specifier ?? ''))
          .map(([, specifier]) => `${path} imports ${specifier}`),
      );
    expect(wrong).toEqual([]);
  });

  test('of a vendor stay in their one place', () => {
    const wrong = product.flatMap((source) =>
      Object.entries(vendors).flatMap(([vendor, places]) =>
        source.imports.some((specifier) => specifier.startsWith(vendor)) && !places.some((place) => place.test(source.path))
          ? [`${source.path} imports ${vendor}`]
          : [],
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('files', () => {
  test(`have at most ${fileLineLimit} lines, tests ${testLineLimit}`, () => {
    const wrong = sources
      .filter((source) => source.lines > (source.isTest ? testLineLimit : fileLineLimit))
      .map((source) => `${source.path}: ${source.lines} lines`);
    expect(wrong).toEqual([]);
  });

  test('contain no leftovers', () => {
    const banned = /\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-expect-error|\bas any\b|<any>|\.only\(|console\.|debugger/;
    const wrong = sources
      .filter((source) => !source.path.endsWith('testing/tidy.test.ts'))
      .flatMap((source) =>
        source.text
          .split('\n')
          .flatMap((line, index) => (banned.test(line) ? [`${source.path}:${index + 1}: ${line.trim()}`] : [])),
      );
    expect(wrong).toEqual([]);
  });

  test('name no folder of a machine', () => {
    const wrong = sources.filter((source) => /['"`]\/(home|root|work)\//.test(source.text));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  test('import lmdb at most once per folder', () => {
    const places = product
      .filter((source) => source.imports.includes('lmdb'))
      .map((source) => source.path.replace(/\/[^/]+$/, ''));
    expect(places).toEqual([...new Set(places)]);
  });
});

/** Type imports vanish when compiled, so they make no cycle at run time; drop edges that are only type imports. */
function withoutTypeOnly(edges: Map<string, string[]>): Map<string, string[]> {
  const typeOnly = new Set(
    product.flatMap((source) =>
      [...source.text.matchAll(/^(?:import|export) type [^;]*?from '(\.[^']+)'/gms)].map(
        (match) => `${source.path}>${resolveImport(source, match[1] as string)}`,
      ),
    ),
  );
  return new Map([...edges].map(([from, targets]) => [from, targets.filter((target) => !typeOnly.has(`${from}>${target}`))]));
}

function findCycle(edges: Map<string, string[]>): string[] {
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] => {
    if (finished.has(node)) return [];
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    path.push(node);
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    finished.add(node);
    return [];
  };
  for (const node of edges.keys()) {
    const cycle = visit(node);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
