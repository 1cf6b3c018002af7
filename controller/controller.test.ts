import { importPublicKey, verifyJobToken } from '@satchel/proto/validation';
import { describe, expect, it } from 'vitest';
import { useController } from './testing/use-controller.js';

const MiB = 2 ** 20;
const controller = useController();

describe('a controller that starts again', () => {
  it('has its jobs, reservations, nodes and key as before, and gives each lease a full period', async () => {
    const node = await controller.joinNode('n1');
    const { job, token } = await controller.register({ hints: { capacityBytes: 100 * MiB }, leaseSeconds: 10 });
    const { job: over } = await controller.register();
    await controller.endJob(over);
    node.leave();
    const before = await controller.now.channel.call(controller.now.channel.fleet, controller.now.channel.fleet.getPublicKey, {});
    await controller.restart(3_600_000);
    expect((await controller.getJob(job)).expiresAtMs).toBe(controller.now.clock.now() + 10_000);
    expect(await controller.getJob(over)).toMatchObject({ state: 'ended' });
    expect((await controller.listNodes())[0]).toMatchObject({ node: 'n1', state: 'suspect', dramAllocatedBytes: 100 * MiB });
    expect(
      await controller.now.channel.call(controller.now.channel.fleet, controller.now.channel.fleet.getPublicKey, {}),
    ).toEqual(before);
    expect((await verifyJobToken(token, await importPublicKey(before.publicKeyJwk))).job).toBe(job);
    await controller.passTime(9500);
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
    await controller.passTime(1000);
    expect((await controller.getJob(job)).endReason).toBe('lease-lapsed');
  });

  it('tells a node of its jobs and what ended while either was away', async () => {
    const node = await controller.joinNode('n1');
    const { job } = await controller.register({ hints: { capacityBytes: 100 * MiB } });
    node.leave();
    await controller.restart();
    const back = controller.newNode('n1', 2, node.hello);
    await back.join({ jobs: [job], grants: [{ job, shard: 1, bytes: 100 * MiB, version: 1 }] });
    const { configure } = await back.saw((message) => message.configure?.complete);
    expect(configure?.jobs[0]).toMatchObject({
      job,
      quotaBytes: 100 * MiB,
      grants: [{ shard: 1, bytes: 100 * MiB, version: 1 }],
    });
  });
});

describe('HTTP', () => {
  it('serves health, metrics and a page whose texts are escaped', async () => {
    await controller.joinNode('n1');
    await controller.register();
    const get = async (path: string) => (await fetch(`http://127.0.0.1:${controller.now.controller.httpPort}${path}`)).text();
    expect(await get('/healthz')).toBe('ok\n');
    const metrics = await get('/metrics');
    for (const line of ['satchel_jobs_active 1', 'satchel_job_registrations_total 1', 'satchel_nodes{state="up"} 1']) {
      expect(metrics).toContain(line);
    }
    expect(metrics).toContain('satchel_rpc_seconds_count{method="RegisterJob",code="ok"} 1');
    const page = await get('/');
    expect(page).toContain('n1');
    expect(page).toContain('sort-');
    expect(await get('/nope')).toBe('no such page\n');
  });
});
