import { importPublicKey, verifyJobToken } from '@satchel/proto/validation';
import { describe, expect, it } from 'vitest';
import { useController } from './testing/use-controller.js';

const hourMs = 3_600_000;
const controller = useController();

describe.each([
  ['forward', 5 * hourMs],
  ['back', -5 * hourMs],
])('a clock that jumps %s by hours', (_, jumpMs) => {
  it('lapses no lease, loses no node, and a lease that is not renewed lapses when it is due', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register({ leaseSeconds: 10 });
    await controller.passTime(500);
    controller.now.clock.jump(jumpMs);
    await controller.passTime(1000);
    expect(await controller.listNodes()).toMatchObject([{ node: 'n1', state: 'up' }]);
    await controller.passTime(6000);
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
    // After a jump back the controller's time goes at half speed for a while.
    await controller.passTime(jumpMs < 0 ? 15_000 : 5000);
    expect(await controller.getJob(job)).toMatchObject({ endReason: 'lease-lapsed' });
  });

  it('leaves tokens good, those from before and new ones', async () => {
    await controller.joinNode('n1');
    const { job, token } = await controller.register({ leaseSeconds: 60 });
    controller.now.clock.jump(jumpMs);
    const renewed = await controller.renewJob(job);
    const { channel } = controller.now;
    const { publicKeyJwk } = await channel.call(channel.fleet, channel.fleet.getPublicKey, {});
    const key = await importPublicKey(publicKeyJwk);
    for (const text of [token, renewed.token]) expect((await verifyJobToken(text, key)).job).toBe(job);
  });

  it('is survived by a restart', async () => {
    await controller.joinNode('n1');
    const { job } = await controller.register({ leaseSeconds: 10 });
    controller.now.clock.jump(jumpMs);
    await controller.restart();
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
    await controller.passTime(9000);
    expect(await controller.getJob(job)).toMatchObject({ state: 'active' });
    await controller.passTime(2000);
    expect(await controller.getJob(job)).toMatchObject({ endReason: 'lease-lapsed' });
  });
});
