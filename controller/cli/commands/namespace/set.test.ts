import { afterEach, expect, test } from 'vitest';
import { runCli } from '../../testing/run-cli.js';
import { startTestController, type TestController } from '../../testing/test-controller.js';

let controller: TestController | undefined;
afterEach(() => controller?.close());

const team = {
  namespace: 'team',
  limits: { jobs: 100, bytes: 2 ** 40 },
  jobs: 3,
  bytes: 2 ** 30,
  nodes: 2,
  missingBytes: 0,
  share: 0.5,
};

test('sends the limits that were named and those to take away', async () => {
  controller = await startTestController({ setNamespace: () => team });
  const line = `namespace set team --jobs 100 --bytes 1TiB --nodes none --weight 2.5 --json --controller ${controller.address}`;
  const { code, stdout } = await runCli(line);
  expect(code).toBe(0);
  expect(controller.requests[0]?.request).toMatchObject({
    namespace: 'team',
    limits: { jobs: 100, bytes: 2 ** 40, weight: 2.5 },
    unset: ['nodes'],
  });
  expect(JSON.parse(stdout)).toEqual(team);
});

test('wants a limit, and a right one', async () => {
  controller = await startTestController({ setNamespace: () => team });
  for (const wrong of ['', '--nodes 0', '--weight 0', '--jobs many', '--bytes 1XB']) {
    expect((await runCli(`namespace set team ${wrong} --controller ${controller.address}`)).code).toBe(2);
  }
  expect(controller.requests).toEqual([]);
});

test('lists namespaces, and shows one', async () => {
  controller = await startTestController({ listNamespaces: () => ({ namespaces: [team] }) });
  const { stdout } = await runCli(`namespace list --controller ${controller.address}`);
  expect(stdout.split('\n')[1]).toMatch(/^team +3 of 100 +1 GiB of 1 TiB +2 +0 B +1 +50\.0 %$/);
  const shown = await runCli(`namespace show team --json --controller ${controller.address}`);
  expect(controller.requests[1]?.request).toEqual({ namespace: 'team' });
  expect(JSON.parse(shown.stdout)).toEqual(team);
  const all = await runCli(`namespace list --json --controller ${controller.address}`);
  expect(JSON.parse(all.stdout)).toEqual({ namespaces: [team] });
});
