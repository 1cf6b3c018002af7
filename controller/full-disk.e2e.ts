import { join } from 'node:path';
import { type ControllerChannel, dial } from '@satchel/proto/rpc';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSatchel } from './cli/testing/up-process.js';
import { type ControllerProcess, startControllerProcess } from './testing/controller-process.js';
import { FakeNode } from './testing/fake-node.js';
import { mountTinyDisk, noTinyDisk, type TinyDisk } from './testing/tiny-disk.js';

const MiB = 2 ** 20;
const why = noTinyDisk();

describe.skipIf(why)(`a controller whose disk is full${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let disk: TinyDisk;
  let controller: ControllerProcess;
  let channel: ControllerChannel;
  let node: FakeNode;
  beforeEach(async () => {
    const mounted = mountTinyDisk(32 * MiB);
    if (mounted === undefined) throw new Error('not mounted');
    disk = mounted;
    await start();
  });
  afterEach(async () => {
    await stop('SIGTERM');
    disk.remove();
  });

  async function start(): Promise<void> {
    controller = await startControllerProcess(['--state', join(disk.folder, 'state'), '--port', '0', '--http-port', '0']);
    channel = dial(controller.ready.controller);
    node = new FakeNode(controller.ready.controller, 'n1');
    await node.join();
  }

  async function stop(signal: NodeJS.Signals): Promise<void> {
    node.leave();
    channel.close();
    controller.child.kill(signal);
    await controller.ended;
  }

  const register = () => channel.call(channel.jobs, channel.jobs.registerJob, { name: 'sort', leaseSeconds: 600 });
  const listed = async () => (await channel.call(channel.jobs, channel.jobs.listJobs, {})).jobs.map(({ job }) => job).sort();

  /** Registers until that is refused: how much room there is, is looked at now and then. Jobs that were acknowledged till then are added. */
  async function registerUntilFull(jobs: string[]): Promise<void> {
    const refused = async () => {
      const outcome = await register().catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'unavailable' });
      else jobs.push((outcome as { job: string }).job);
      return outcome instanceof Error;
    };
    await expect.poll(refused, { interval: 20, timeout: 5000 }).toBe(true);
  }

  it('says so, keeps every job that it acknowledged, and goes on when there is room', async () => {
    const jobs = [(await register()).job];
    disk.fill(4 * MiB);
    await registerUntilFull(jobs);
    for (let attempt = 0; attempt < 50; attempt++) {
      await expect(register()).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/the disk of .* is full/),
      });
    }
    const cli = await runSatchel(['job', 'register', 'sort'], { SATCHEL_CONTROLLER: controller.ready.controller });
    expect(cli).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^satchel: the controller cannot write its state: the disk of .*\/state is full; .* of it are free, 16 MiB are needed. Running jobs go on\n$/,
      ),
    });
    expect(await listed()).toEqual(jobs.toSorted());
    await channel.call(channel.jobs, channel.jobs.renewJob, { job: jobs[0] ?? '' });
    disk.empty();
    for (let index = 0; index < 20; index++) jobs.push((await register()).job);
    disk.fill(4 * MiB);
    await registerUntilFull(jobs);
    await stop('SIGKILL');
    disk.empty();
    await start();
    expect(await listed()).toEqual(jobs.sort());
  });
});
