import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { retryDelayMs } from './controller-link.js';
import { bootId, identifyProcess, isAlive, memoryLimitBytes } from './machine.js';
import { NodeFile } from './node-file.js';
import { NodeLock } from './node-lock.js';
import { assignPorts, probeOn } from './ports.js';
import { Purges } from './purges.js';
import { afterDeath } from './restart-policy.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-host-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('ports', () => {
  const freeBut = (taken: readonly number[]) => async (port: number) => (taken.includes(port) ? undefined : port);

  test('go upward from the base and skip taken ones', async () => {
    expect(await assignPorts(7500, 2, [], freeBut([7501, 7503]))).toEqual([
      { endpointPort: 7500, directPort: 7502 },
      { endpointPort: 7504, directPort: 7505 },
    ]);
  });
  test('are the same as before where both are still free', async () => {
    const before = [
      { endpointPort: 7510, directPort: 7511 },
      { endpointPort: 7512, directPort: 7513 },
    ];
    expect(await assignPorts(7510, 3, before, freeBut([7513]))).toEqual([
      { endpointPort: 7510, directPort: 7511 },
      { endpointPort: 7512, directPort: 7514 },
      { endpointPort: 7515, directPort: 7516 },
    ]);
  });
  test('end with an error above 65535', async () => {
    await expect(assignPorts(65_534, 2, [], freeBut([]))).rejects.toMatchObject({ code: 'unavailable' });
  });
  test('with base 0 are any free ones, each once', async () => {
    const ports = await assignPorts(0, 3, [], probeOn('127.0.0.1'));
    const all = ports.flatMap(({ endpointPort, directPort }) => [endpointPort, directPort]);
    expect(new Set(all).size).toBe(6);
    expect(Math.min(...all)).toBeGreaterThan(0);
  });
  test('a port somebody listens on is taken', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      }),
    );
    expect(await probeOn('127.0.0.1')(port)).toBeUndefined();
    await new Promise((resolve) => server.close(resolve));
    expect(await probeOn('127.0.0.1')(port)).toBe(port);
  });
});

describe('the folder of a node', () => {
  test('belongs to one live process at a time', () => {
    const lock = NodeLock.acquire(dir);
    expect(() => NodeLock.acquire(dir)).toThrow(`${dir} belongs to a running storage node, process ${process.pid}`);
    lock.release();
    NodeLock.acquire(dir).release();
  });

  test('is taken over from a dead process, whose shards are waited for if they live', async () => {
    const own = identifyProcess(process.pid);
    const dead = { pid: process.pid, startTicks: -1 };
    writeFileSync(join(dir, 'node.lock'), JSON.stringify({ boot: bootId(), host: dead, shards: [own, dead] }));
    const lock = NodeLock.acquire(dir);
    expect(lock.leftovers).toEqual([own]);
    lock.release();
  });

  test('with a lock of an earlier boot, or half a lock, is free', () => {
    const own = identifyProcess(process.pid);
    writeFileSync(join(dir, 'node.lock'), JSON.stringify({ boot: 'earlier', host: own, shards: [] }));
    NodeLock.acquire(dir).release();
    writeFileSync(join(dir, 'node.lock'), '{"boot":');
    NodeLock.acquire(dir).release();
  });

  test('keeps the node’s id and refuses another one', () => {
    const id = NodeFile.open(dir, undefined, 7500).facts.id;
    expect(id).toMatch(/^node-[0-9a-z]{8}$/);
    expect(NodeFile.open(dir, undefined, 7500).facts.id).toBe(id);
    expect(() => NodeFile.open(dir, 'other', 7500)).toThrow(`is the folder of node '${id}', not of 'other'`);
  });

  test('keeps ports for the same base port only, and numbers the starts of the host, also after its folder was lost', () => {
    const file = NodeFile.open(dir, 'n', 7500);
    file.save({ ports: [{ endpointPort: 7500, directPort: 7501 }] });
    expect([file.nextIncarnation(5000), file.nextIncarnation(5000), file.nextIncarnation(9000)]).toEqual([5, 6, 9]);
    expect(NodeFile.open(dir, 'n', 7500).facts).toMatchObject({ ports: [{ endpointPort: 7500 }], incarnation: 9 });
    expect(NodeFile.open(dir, 'n', 7600).facts).toMatchObject({ ports: [], incarnation: 9 });
    file.alive(50_000);
    file.alive(51_000);
    expect([file.leftMs, NodeFile.open(dir, 'n', 7500).leftMs]).toEqual([0, 50_000]);
  });
});

describe('decisions', () => {
  test('a shard is restarted at once, then after doubling delays while it keeps dying young', () => {
    let restart = afterDeath(0, 50);
    const delays = [restart.delayMs];
    for (let death = 0; death < 7; death++) {
      restart = afterDeath(restart.youngDeaths, 50);
      delays.push(restart.delayMs);
    }
    expect(delays).toEqual([0, 100, 200, 400, 800, 1600, 3200, 5000]);
    expect(afterDeath(restart.youngDeaths, 60_000)).toEqual({ youngDeaths: 1, delayMs: 0 });
  });

  test('the controller is tried again ever more slowly, but every second', () => {
    expect([1, 2, 3, 4, 5, 99].map(retryDelayMs)).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  test('a purge is over once, with the last shard', () => {
    const purges = new Purges();
    purges.begin('a', [0, 1]);
    expect(purges.confirmed('a', 0)).toBe(false);
    purges.begin('a', [0, 1]);
    expect(purges.of(0)).toEqual([]);
    expect(purges.of(1)).toEqual(['a']);
    expect(purges.confirmed('a', 1)).toBe(true);
    expect(purges.confirmed('a', 1)).toBe(false);
  });

  test('the memory limit is the smallest of cgroup and machine', () => {
    expect(memoryLimitBytes((path) => (path.endsWith('memory.max') ? '1048576\n' : undefined))).toBe(1_048_576);
    expect(memoryLimitBytes(() => 'max\n')).toBeGreaterThan(1_048_576);
  });

  test('a process is told apart from a later one of the same id', () => {
    const own = identifyProcess(process.pid);
    expect(own && isAlive(own)).toBe(true);
    expect(isAlive({ pid: process.pid, startTicks: -1 })).toBe(false);
  });
});
