import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { satchelCommand } from './cluster.js';
import { JobWatch } from './job-watch.js';
import { satchel, useCluster } from './testing/test-cluster.js';

/** Starts a sort on a running cluster, and returns when it has printed a line that contains `mark`. */
async function startSort(cluster: { controller: string; faas?: string }, mark: string): Promise<ChildProcess> {
  const [command, args] = satchelCommand(
    'bench',
    'sort',
    '--controller',
    cluster.controller,
    '--faas',
    cluster.faas ?? '',
    '--size',
    '64MiB',
  );
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(mark)) break;
  child.stdout.resume();
  return child;
}

function ended(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stderr })));
}

describe('while a sort runs', () => {
  const shared = useCluster({ nodes: 2, shards: 1, dram: '512MiB' });

  test('a killed shard fails it within seconds with an error that names the node, and the next run works', async () => {
    const sort = await startSort(shared.cluster, 'input 8/8');
    const end = ended(sort);
    const [shard] = shared.processes('shard/main.js');
    const killedAt = performance.now();
    process.kill(shard?.pid as number, 'SIGKILL');
    const { code, stderr } = await end;
    expect(code).toBe(1);
    expect(stderr).toMatch(/node-[12]/);
    expect(performance.now() - killedAt).toBeLessThan(30_000);
    const again = await satchel([
      'bench',
      'sort',
      '--controller',
      shared.cluster.controller,
      '--faas',
      shared.cluster.faas ?? '',
      '--size',
      '4MiB',
      '--json',
    ]);
    expect([again.code, again.stderr]).toEqual([0, expect.any(String)]);
  });

  test('a controller that is away for three leases is not missed, and none lapses', { timeout: 240_000 }, async () => {
    const held = await shared.register({ leaseSeconds: 10 });
    const idle = await shared.register({ leaseSeconds: 10 });
    const sort = await startSort(shared.cluster, 'input 1/8');
    const end = ended(sort);
    const [controller] = shared.processes('controller/dist/main.js');
    // Stopped, not killed: the supervisor would start another at once. The kill is the last thing that happens to it.
    process.kill(controller?.pid as number, 'SIGSTOP');
    await held.store.put('during', 'the outage');
    await delay(30_000);
    expect(await held.store.get('during', { as: 'text' })).toBe('the outage');
    process.kill(controller?.pid as number, 'SIGKILL');
    const { code, stderr } = await end;
    expect([code, stderr.includes('failed')]).toEqual([0, false]);
    const watch = new JobWatch(shared.cluster.controller);
    for (const job of [held, idle]) expect(await watch.job(job.id)).toMatchObject({ state: 'active' });
    watch.close();
  });
});
