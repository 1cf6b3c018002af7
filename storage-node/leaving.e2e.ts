import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeController } from './testing/fake-controller.js';
import { childrenOf, type NodeProcess, startNode } from './testing/node-process.js';

let dir: string;
let controller: FakeController;
let process: NodeProcess | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'satchel-leaving-'));
  controller = new FakeController();
  await controller.listen();
});

afterEach(async () => {
  process?.child.kill('SIGTERM');
  await process?.ended;
  await controller.close();
  rmSync(dir, { recursive: true });
});

/** A node that was told to leave and has said goodbye. */
async function leave(...options: string[]): Promise<NodeProcess> {
  const joined = controller.nextJoin();
  const ports = ['--base-port', '0', '--http-port', '0'];
  const sizes = ['--dram', '64MiB', '--ssd', '64MiB'];
  const started = await startNode(['--controller', controller.address, '--dir', dir, ...sizes, ...ports, ...options]);
  process = started;
  const left = controller.next('left');
  (await joined).send({ drain: { reason: 'a test drains it', leave: true } });
  await left;
  return started;
}

test('a node that has left ends', async () => {
  expect(await (await leave()).ended).toBe(0);
});

test('a node that leaves answers those who are connected, takes nobody new, and ends a connection when its client pauses', async () => {
  const joined = controller.nextJoin();
  const ports = ['--base-port', '0', '--http-port', '0'];
  const sizes = ['--dram', '64MiB', '--ssd', '64MiB'];
  const started = await startNode(['--controller', controller.address, '--dir', dir, ...sizes, ...ports]);
  process = started;
  const port = Number(started.ready.address.split(':')[1]);
  const client = await connected(port);
  (await joined).send({ drain: { reason: 'a test drains it', leave: true } });
  const isReady = () => fetch(`http://${started.ready.http}/readyz`).then(({ status }) => status);
  await expect.poll(isReady, { timeout: 5000 }).toBe(503);
  await expect.poll(() => takesClients(port), { timeout: 5000 }).toBe(false);
  const answers: Buffer[] = [];
  client.on('data', (bytes) => answers.push(bytes));
  const ended = once(client, 'end');
  client.write('PING\r\n'.repeat(100));
  await ended;
  expect(Buffer.concat(answers).toString().match(/\r\n/g)?.length).toBe(100);
  client.end();
  expect(await started.ended).toBe(0);
});

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  return socket;
}

function takesClients(port: number): Promise<boolean> {
  return connected(port).then(
    (socket) => {
      // It may have come just before the end.
      socket.on('error', () => {});
      socket.destroy();
      return true;
    },
    () => false,
  );
}

test('a node that has left stays, alive but not ready, for whoever would start it anew', async () => {
  const { child, ready, ended } = await leave('--stay-when-left');
  const status = (path: string) =>
    fetch(`http://${ready.http}${path}`).then(
      ({ status }) => status,
      () => 'no answer',
    );
  await expect.poll(() => status('/readyz'), { timeout: 5000 }).toBe(503);
  expect(await status('/livez')).toBe(200);
  expect(childrenOf(child.pid ?? 0)).toEqual([]);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
});
