import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noUsage } from '@satchel/proto/core';
import { afterAll, describe, expect, it } from 'vitest';
import { receiptDollars, unitPricesOf } from '../prices.js';
import { defaultPriceSheet, parsePriceSheet, readPriceSheet } from './price-sheet-file.js';

const folder = mkdtempSync(join(tmpdir(), 'satchel-prices-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sheet = `
currency: USD
usable: { dram: 0.5, ssd: 1 }
nodes:
  - { name: a, dollarsPerHour: 1, cores: 4, dram: 64GiB, network: 8Gbps, source: here, date: 2026-01-02 }
  - name: b
    dollarsPerHour: 2
    cores: 4
    dram: 16GiB
    ssd: 1000GB
    ssdIops: { read: 1000, write: 500 }
    network: 800Mbps
    source: here
    date: 2026-01-02
objects:
  - name: store
    dollarsPerGBMonth: 0.02
    dollarsPerMillionPuts: 5
    dollarsPerMillionGets: 1
    putMs: 40
    getMs: 20
    source: here
    date: 2026-01-02
`;

describe('a price sheet', () => {
  it('comes out complete, in bytes and bytes per second', () => {
    const { nodes, objects, redis } = parsePriceSheet(sheet, 'prices.yaml');
    expect(nodes[0]).toMatchObject({ dramBytes: 32 * 2 ** 30, ssdBytes: 0, ssdBytesPerSecond: 0, networkBytesPerSecond: 1e9 });
    expect(nodes[1]).toMatchObject({ ssdBytes: 1e12, ssdBytesPerSecond: 500 * 4096, networkBytesPerSecond: 1e8 });
    expect(objects[0]).toMatchObject({ dollarsPerGBWritten: 0, getsPerSecond: Number.POSITIVE_INFINITY });
    expect(redis).toEqual([]);
  });

  const wrong: [string, (text: string) => string, string][] = [
    ['a price that is none', (text) => text.replace('dollarsPerHour: 2', 'dollarsPerHour: -2'), 'nodes[1].dollarsPerHour (-2)'],
    [
      'a size that is none',
      (text) => text.replace('dram: 64GiB', 'dram: lots'),
      'nodes[0].dram ("lots") is not a size such as 128GiB',
    ],
    ['a rate without a unit', (text) => text.replace('8Gbps', '8'), 'nodes[0].network (8)'],
    [
      'a day that is none',
      (text) => text.replace('date: 2026-01-02 }', 'date: July }'),
      'nodes[0].date ("July") is not a day such as 2026-07-20',
    ],
    ['no source', (text) => text.replace(' source: here,', ''), 'nodes[0].source (not given)'],
    [
      'flash of unknown speed',
      (text) => text.replace(/ {4}ssdIops.*\n/, ''),
      'nodes[1].ssdIops (not given) is missing, but the node has ssd',
    ],
    ['a word that is not known', (text) => text.replace('putMs', 'putTime'), 'objects[0]'],
    ['no object store', (text) => text.replace(/objects:[\s\S]*/, 'objects: []'), 'objects'],
    ['two nodes of a name', (text) => text.replace('name: b', 'name: a'), 'nodes ('],
    ['another currency', (text) => text.replace('USD', 'EUR'), 'currency ("EUR")'],
    ['no YAML', () => 'nodes: [', 'price sheet prices.yaml: '],
    ['nothing', () => '', 'the whole'],
  ];
  it.each(wrong)('is refused for %s, naming the entry and its value', (_, change, message) => {
    expect(() => parsePriceSheet(change(sheet), 'prices.yaml')).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(message) }),
    );
  });

  it('is read from a file, and a file that is not there is named', () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, sheet);
    expect(readPriceSheet(file).nodes).toHaveLength(2);
    expect(() => readPriceSheet(join(folder, 'none.yaml'))).toThrow('none.yaml');
  });
});

describe('the price sheet of the documentation', () => {
  it('is one', () => {
    const page = readFileSync(new URL('../../docs/sizing.md', import.meta.url), 'utf8');
    const [, text = ''] = /^```yaml\n(.*?)^```/ms.exec(page) ?? [];
    expect(parsePriceSheet(text, 'docs/sizing.md')).toMatchObject({
      nodes: [{ name: 'rack-7' }],
      objects: [{ name: 'our MinIO' }],
    });
  });
});

describe('the default price sheet', () => {
  it('cites every entry', () => {
    const { nodes, objects, redis } = defaultPriceSheet();
    for (const { source, date } of [...nodes, ...objects, ...redis]) {
      expect(source.length).toBeGreaterThan(10);
      expect(Date.parse(date)).toBeGreaterThan(Date.parse('2024-01-01'));
    }
  });
});

describe('a receipt', () => {
  const prices = unitPricesOf(parsePriceSheet(sheet, 'prices.yaml'));

  it('charges byte-seconds by tier and requests to the object store', () => {
    const hour = 3600 * 2 ** 30;
    expect(receiptDollars({ ...noUsage, dramByteSeconds: hour }, prices)).toBeCloseTo(1 / 32, 9);
    expect(receiptDollars({ ...noUsage, ssdByteSeconds: hour }, prices)).toBeCloseTo(2 / (1e12 / 2 ** 30), 9);
    expect(receiptDollars({ ...noUsage, objectByteSeconds: hour }, prices)).toBeCloseTo((0.02 * 1.073741824) / 730, 9);
    expect(receiptDollars({ ...noUsage, objectRequests: 1000 }, prices)).toBeCloseTo(0.005, 9);
  });
});
