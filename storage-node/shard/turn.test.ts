import { expect, test } from 'vitest';
import type { ShardJob } from './job.js';
import { inSlices } from './slices.js';
import { Turn } from './turn.js';

/** A job that holds `ssdBytes` and notes its flushes. */
function changedJob(log: string[], ssdBytes: number): ShardJob {
  const job = {
    dirty: true,
    usage: { bytes: () => ssdBytes },
    flush() {
      job.dirty = false;
      log.push('flush');
    },
  };
  return job as unknown as ShardJob;
}

test('replies that are long are sent as the turn ends', () => {
  const log: string[] = [];
  const turn = new Turn(() => {});
  turn.begin();
  turn.jobChanged(changedJob(log, 0));
  turn.add({ send: () => log.push('send') });
  expect(log).toEqual([]);
  turn.end(true);
  expect(log).toEqual(['flush', 'send']);
});

test('unless the job is on disk, whose commit would cost more', async () => {
  const log: string[] = [];
  const turn = new Turn(() => {});
  turn.begin();
  turn.jobChanged(changedJob(log, 1));
  turn.add({ send: () => log.push('send') });
  turn.end(true);
  expect(log).toEqual([]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['flush', 'send']);
});

test.each([0, 1])(
  'a job with %s bytes on disk is flushed once for all turns of a round of the event loop, before any reply',
  async (ssdBytes) => {
    const log: string[] = [];
    const turn = new Turn(() => {});
    const job = changedJob(log, ssdBytes);
    for (const name of ['first', 'second']) {
      turn.begin();
      turn.jobChanged(job);
      turn.add({ send: () => log.push(name) });
      turn.end();
    }
    expect(log).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual(['flush', 'first', 'second']);
  },
);

test('what is added outside of a turn, or while sending, is sent too', async () => {
  const log: string[] = [];
  const turn = new Turn(() => {});
  turn.add({
    send() {
      log.push('one');
      turn.begin();
      turn.add({ send: () => log.push('two') });
      turn.end();
    },
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['one', 'two']);
});

test('what was answered is sent before long work goes on, though that began to wait earlier', async () => {
  const log: string[] = [];
  const turn = new Turn(() => {});
  await new Promise<void>((resolve) => {
    let steps = 0;
    const slices = inSlices(() => {
      log.push('work');
      for (const start = performance.now(); performance.now() - start < 1; );
      return ++steps === 2;
    });
    void Promise.resolve(slices).then(resolve);
    turn.begin();
    turn.add({ send: () => log.push('send') });
    turn.end();
  });
  expect(log).toEqual(['work', 'send', 'work']);
});
