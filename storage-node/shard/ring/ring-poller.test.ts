import { formatRing, RingEnd, ringBytes } from '@satchel/proto/shared-memory';
import { beforeEach, describe, expect, it } from 'vitest';
import { RingPoller } from './ring-poller.js';
import { RingTransport } from './ring-transport.js';

const capacityBytes = 64;

/** A poller whose rounds and time the test decides, and a slot that it can refuse. */
class Bench {
  timeMs = 0;
  slotFree = true;
  slotsHeld = 0;
  rounds: (() => void)[] = [];
  readonly poller: RingPoller;

  constructor(spinMs: number) {
    this.poller = new RingPoller({
      spinMs,
      slot: {
        take: () => {
          if (this.slotFree) this.slotsHeld = 1;
          return this.slotFree;
        },
        release: () => {
          this.slotsHeld = 0;
        },
      },
      now: () => this.timeMs,
      nextRound: (callback) => this.rounds.push(callback),
    });
  }

  /** A client with a ring that echoes what it is sent. */
  client(): Client {
    const memory = new ArrayBuffer(ringBytes(capacityBytes));
    formatRing(memory, capacityBytes);
    const client = new Client(new RingEnd(memory, 'client'), new Uint32Array(memory));
    const transport: RingTransport = new RingTransport(
      new RingEnd(memory, 'shard'),
      client,
      Buffer.alloc(1000),
      (buffer, length) => {
        transport.write(Buffer.from(buffer.subarray(0, length)));
        return client.readsOn;
      },
      (ring) => this.poller.attend(ring),
    );
    client.transport = transport;
    this.poller.add(transport);
    return client;
  }

  round(): void {
    for (const callback of this.rounds.splice(0)) callback();
  }

  untilAsleep(): number {
    let rounds = 0;
    for (; this.rounds.length > 0; rounds++) {
      this.timeMs += 0.1;
      this.round();
    }
    return rounds;
  }
}

class Client {
  bells = 0;
  ended = false;
  destroyed = false;
  readsOn = true;
  writable = true;
  transport!: RingTransport;

  constructor(
    readonly ring: RingEnd,
    readonly words: Uint32Array,
  ) {}

  write(): void {
    this.bells++;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }

  send(text: string): number {
    const taken = this.ring.write(Buffer.from(text), 0, text.length);
    if (this.ring.takeWakeUp('bytes')) this.transport.resume();
    return taken;
  }

  receive(): string {
    const target = Buffer.alloc(1000);
    return target.toString('latin1', 0, this.ring.read(target));
  }
}

describe('the poller of a shard’s rings', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(1);
  });

  it('answers without being woken while a ring is in use, then sleeps', () => {
    const client = bench.client();
    bench.round();
    client.send('one');
    bench.round();
    expect(client.receive()).toBe('one');
    expect(bench.slotsHeld).toBe(1);
    expect(bench.untilAsleep()).toBeGreaterThan(5);
    expect(bench.slotsHeld).toBe(0);
    expect(client.ring.peerAwake).toBe(false);
    expect(bench.poller.polling).toBe(false);
  });

  it('is woken by the first request after a sleep', () => {
    const client = bench.client();
    bench.untilAsleep();
    client.send('again');
    expect(bench.poller.polling).toBe(true);
    bench.round();
    expect(client.receive()).toBe('again');
  });

  it('sleeps at once where no processor is to spare, or where polling is off', () => {
    for (const spinMs of [0, 1]) {
      bench = new Bench(spinMs);
      bench.slotFree = spinMs === 0;
      const client = bench.client();
      bench.untilAsleep();
      client.send('x');
      expect(bench.untilAsleep()).toBeLessThanOrEqual(2);
      expect(client.receive()).toBe('x');
      expect(bench.slotsHeld).toBe(0);
    }
  });

  it('wakes a client that sleeps, once, when there is something for it', () => {
    const client = bench.client();
    client.send('a');
    expect(client.ring.sleep(true, false)).toBe(true);
    bench.round();
    expect(client.bells).toBe(1);
    client.transport.write(Buffer.from('b'));
    expect(client.bells).toBe(1);
    expect(client.receive()).toBe('ab');
  });

  it('keeps what a client does not take and goes on when it does', () => {
    const client = bench.client();
    let drained = 0;
    client.transport.on('drain', () => drained++);
    client.transport.write(Buffer.alloc(capacityBytes + 10, 'x'));
    expect(client.transport.writableLength).toBe(10);
    bench.untilAsleep();
    expect(client.receive()).toHaveLength(capacityBytes);
    expect(client.ring.takeWakeUp('space')).toBe(true);
    client.transport.resume();
    bench.round();
    expect(client.receive()).toBe('x'.repeat(10));
    expect(client.transport.writableLength).toBe(0);
    expect(drained).toBe(1);
  });

  it('reads no more while its connection is held back, but still writes', () => {
    const client = bench.client();
    client.readsOn = false;
    client.send('one');
    bench.round();
    client.send('two');
    client.transport.write(Buffer.alloc(capacityBytes, 'x'));
    bench.untilAsleep();
    expect(client.receive()).toHaveLength(capacityBytes);
    expect(client.ring.takeWakeUp('space')).toBe(true);
    bench.poller.attend(client.transport);
    bench.untilAsleep();
    expect(client.receive()).toBe('xxx');
    client.readsOn = true;
    client.transport.resume();
    bench.untilAsleep();
    expect(client.receive()).toBe('two');
  });

  it('closes a ring whose control page was overwritten, and no other', () => {
    const client = bench.client();
    const other = bench.client();
    client.words.fill(0xdeadbeef, 0, 1024);
    other.send('fine');
    bench.untilAsleep();
    expect(client.destroyed).toBe(true);
    expect(other.receive()).toBe('fine');
    expect(other.destroyed).toBe(false);
  });

  it('ends a connection after its last reply was taken', () => {
    const client = bench.client();
    client.transport.write(Buffer.alloc(capacityBytes + 1, 'y'));
    client.transport.end();
    expect(client.ended).toBe(false);
    client.receive();
    bench.untilAsleep();
    expect(client.ended).toBe(true);
    expect(client.receive()).toBe('y');
  });

  it('forgets a ring that was removed', () => {
    const client = bench.client();
    bench.poller.remove(client.transport);
    client.ring.write(Buffer.from('x'), 0, 1);
    bench.untilAsleep();
    expect(client.receive()).toBe('');
    bench.poller.attend(client.transport);
    expect(bench.poller.polling).toBe(false);
  });
});
