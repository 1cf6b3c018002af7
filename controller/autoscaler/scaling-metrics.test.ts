import { expect, it } from 'vitest';
import { useController } from '../testing/use-controller.js';

const controller = useController();

const page = async (path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${controller.now.controller.httpPort}${path}`)).text();

it('a static fleet that is too large is told so on the status page and in the metrics', async () => {
  const nodes = [await controller.joinNode('n1'), await controller.joinNode('n2')];
  for (let second = 0; second < 65; second++) {
    for (const node of nodes) node.send({ heartbeat: { atMs: controller.now.clock.now(), node: { cpu: 0.2 }, jobs: [] } });
    await new Promise((resolve) => setTimeout(resolve, 1));
    await controller.passTime(1000);
  }
  expect(await page('/')).toMatch(/<td>advice<\/td><td>fleet<\/td><td>.*satchel node drain n2 would save a node<\/td>/);
  const metrics = await page('/metrics');
  expect(metrics).toContain('satchel_autoscaler_decisions_total{kind="advice"} 1');
  expect(metrics).toContain('satchel_autoscaler_capacity{dimension="cpu"} 4');
  expect(Number(/satchel_autoscaler_utilisation\{dimension="cpu"\} (\S+)/.exec(metrics)?.[1])).toBeCloseTo(0.1, 5);
});
