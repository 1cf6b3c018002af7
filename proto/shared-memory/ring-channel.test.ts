import { fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMapping, type Mapping } from './mapping.js';
import { RingEnd } from './ring.js';
import { loadRingCalls } from './ring-calls.js';
import { askForRing, makeRing, sendDescriptor } from './ring-channel.js';
import { hasSpinFolder, makeSpinFolder, removeSpinFolderIfLast, SpinSlot } from './spin-slot.js';

const folder = mkdtempSync(join(tmpdir(), 'satchel-ring-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!loadMapping())('a ring between processes', () => {
  const mapping = loadMapping() as Mapping;
  const path = join(folder, 'bell.sock');
  const accepted: { socket: Socket; ring: RingEnd }[] = [];
  let server: Server;

  beforeAll(async () => {
    server = createServer((socket) => {
      socket.on('data', (data) => answer(socket, String(data)));
      socket.on('error', () => {});
    }).listen(path);
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  function answer(socket: Socket, request: string): void {
    if (request.startsWith('refuse')) socket.write('+OK\r\n-NOPERM no rings\r\n');
    if (request.startsWith('close')) socket.end();
    if (request.startsWith('hello')) socket.write('+OK\r\n');
    if (!request.startsWith('ring')) return;
    const { file, descriptor } = makeRing(4096);
    const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
    sendDescriptor(fd, Buffer.from('+OK\r\n'), descriptor);
    closeSync(descriptor);
    accepted.push({ socket, ring: new RingEnd(file.memory, 'shard') });
  }

  it('carries bytes, and its socket wakes and tells when the other side is gone', async () => {
    const { file, socket } = await askForRing(path, [Buffer.from('hello'), Buffer.from('ring')], 5000);
    const client = new RingEnd(file.memory, 'client');
    const shard = accepted.at(-1);
    client.write(Buffer.from('hello'), 0, 5);
    const target = Buffer.alloc(10);
    expect(target.toString('latin1', 0, shard?.ring.read(target))).toBe('hello');
    const bell = new Socket({ fd: socket });
    shard?.socket.write('b');
    expect(String((await once(bell, 'data'))[0])).toBe('b');
    bell.destroy();
    await once(shard?.socket as Socket, 'close');
    mapping.unmap(file);
  });

  it('cannot be made smaller or larger by either side', () => {
    const { file, descriptor } = makeRing(4096);
    const calls = loadRingCalls();
    for (const bytes of [0, 4096, 1 << 20]) expect(calls.ftruncate(descriptor, bytes)).toBe(-1);
    closeSync(descriptor);
    mapping.unmap(file);
  });

  it('is refused in the words of the shard', async () => {
    await expect(askForRing(path, [Buffer.from('refuse')], 5000)).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('is not to be had where nobody listens, nobody answers or somebody hangs up', async () => {
    await expect(askForRing(join(folder, 'nobody.sock'), [Buffer.from('ring')], 5000)).rejects.toThrow(/connect/);
    await expect(askForRing(path, [Buffer.from('silence')], 50)).rejects.toThrow(/within the time/);
    await expect(askForRing(path, [Buffer.from('close')], 5000)).rejects.toThrow(/closed/);
    await expect(askForRing(path, [Buffer.from('hello')], 5000)).rejects.toThrow(/sent no ring/);
  });
});

describe.skipIf(!loadMapping())('leave to spin', () => {
  it('is given to one process fewer than there are processors, and comes back from one that dies', async () => {
    makeSpinFolder(folder, 3);
    const [first, second, third] = [1, 2, 3].map(() => new SpinSlot(folder, 3)) as [SpinSlot, SpinSlot, SpinSlot];
    expect([first.take(0), first.take(0), second.take(0), third.take(0)]).toEqual([true, true, true, false]);
    first.release();
    expect(first.held).toBe(false);
    const holder = fork(join(import.meta.dirname, 'testing/spin-holder.mjs'), [folder], { execArgv: [], stdio: 'inherit' });
    await once(holder, 'message');
    expect(third.take(0)).toBe(false);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(third.take(0)).toBe(true);
    for (const slot of [first, second, third]) slot.close();
  });

  it('is given back by a process that others keep from its processor, for longer each time', () => {
    makeSpinFolder(folder, 2);
    let preemptions = 5;
    const [slot, other] = [new SpinSlot(folder, 2, () => preemptions), new SpinSlot(folder, 2)];
    const poll = (fromMs: number, toMs: number): boolean => {
      let held = true;
      for (let nowMs = fromMs; nowMs < toMs; nowMs += 0.5) held = slot.take(nowMs);
      return held;
    };
    // Long work of its own, and a little that others took, are no reason.
    expect([slot.take(0), slot.take(40), poll(40, 101)]).toEqual([true, true, true]);
    preemptions++;
    expect([slot.take(120), poll(120, 202)]).toEqual([true, true]);
    preemptions++;
    expect([slot.take(260), poll(260, 310), slot.held]).toEqual([true, false, false]);
    expect(other.take(310)).toBe(true);
    other.release();
    expect([slot.take(590), slot.take(610)]).toEqual([false, true]);
    preemptions++;
    expect([slot.take(720), slot.take(1300), slot.take(1330)]).toEqual([false, false, true]);
    for (const each of [slot, other]) each.close();
  });

  it('has its folder removed with the last thing beside it', () => {
    const sockets = mkdtempSync(join(folder, 'sockets-'));
    makeSpinFolder(sockets, 2);
    writeFileSync(join(sockets, '7500.sock'), '');
    removeSpinFolderIfLast(sockets);
    expect(hasSpinFolder(sockets)).toBe(true);
    rmSync(join(sockets, '7500.sock'));
    removeSpinFolderIfLast(sockets);
    expect(hasSpinFolder(sockets)).toBe(false);
  });

  it('is not given where there is one processor, or no folder of slots', () => {
    expect(new SpinSlot(folder, 1).take(0)).toBe(false);
    expect(new SpinSlot(join(folder, 'nowhere'), 4).take(0)).toBe(false);
  });
});
