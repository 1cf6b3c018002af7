import { buffer } from 'node:stream/consumers';
import type { ObjectStat } from '@satchel/client';
import { SatchelError } from '@satchel/proto/core';
import { Command } from 'commander';
import type { CliProcess } from '../context.js';
import type { DataStore, OpenStore, StoreAs } from '../store.js';
import { TestProcess } from './run-cli.js';

/** A store in memory that remembers how objects were put and whether it was closed. */
export class MemoryStore implements DataStore {
  readonly objects = new Map<string, Uint8Array>();
  readonly putAs: StoreAs[] = [];
  closed = false;

  async put(key: string, source: AsyncIterable<Uint8Array>, as: StoreAs): Promise<boolean> {
    this.putAs.push(as);
    const value = await buffer(source);
    if (as.ifAbsent && this.objects.has(key)) return false;
    this.objects.set(key, value);
    return true;
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.objects.get(key);
  }

  async *getStream(key: string): AsyncGenerator<Uint8Array> {
    const value = this.objects.get(key);
    if (value === undefined) throw new SatchelError('not-found', `there is no object '${key}'`);
    yield value;
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const value = this.objects.get(key);
    return value && { size: value.length, tier: 'dram', persist: false, readsLeft: 2, createdMs: 0 };
  }

  async *list(prefix: string): AsyncGenerator<string> {
    for (const key of this.objects.keys()) if (key.startsWith(prefix)) yield key;
  }

  async delete(key: string): Promise<boolean> {
    return this.objects.delete(key);
  }

  close(): void {
    this.closed = true;
  }
}

/** A job's URL that satisfies the format. */
export const testUrl = 'redis://job-1:token@127.0.0.1:7500';

/** Runs one data command on `store`; rejects with what the command fails with. */
export async function runData(
  add: (parent: Command, io: CliProcess, open: OpenStore) => void,
  commandLine: readonly string[],
  store: MemoryStore,
  io = new TestProcess({ SATCHEL_URL: testUrl }),
): Promise<TestProcess> {
  const program = new Command('satchel').exitOverride().enablePositionalOptions();
  add(program, io, async () => store);
  await program.parseAsync([...commandLine], { from: 'user' });
  return io;
}
