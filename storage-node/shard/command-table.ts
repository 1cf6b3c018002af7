import { assert, type Verb, verbs } from '@satchel/proto/core';
import type { CommandArguments } from '@satchel/proto/resp';
import type { Command } from './command.js';

/** A command with what dispatch keeps of it. */
export interface TableEntry {
  readonly command: Command;
  /** Times it was called. */
  calls: number;
  /** The router decides where it runs, on a job of several shards. */
  readonly routed: boolean;
  /** The router carries it out even on a job of one shard, on which slots may go to others meanwhile. */
  readonly follows: boolean;
  /** Its name in bytes. */
  readonly name: Buffer;
  /** The verb it needs as a bit of {@link verbBits}; 0: none. */
  readonly verbBit: number;
  /** The argument that is its only key; 0: it has none or may have several. */
  readonly keyIndex: number;
}

const bucketCount = 512;
const longestName = 32;
const lowerCase = 0x20;

/** The commands by name, looked up in the input bytes without allocating. */
export class CommandTable {
  readonly entries: readonly TableEntry[];
  readonly #buckets: TableEntry[][] = Array.from({ length: bucketCount }, () => []);

  constructor(commands: readonly Command[]) {
    this.entries = commands.map(entryOf);
    for (const entry of this.entries) this.#insert(entry);
  }

  /** The command that argument `index` names, in any case; `guess`, such as the one before, is looked at first. */
  find(args: CommandArguments, index = 0, guess?: TableEntry): TableEntry | undefined {
    const start = args.start(index);
    const end = args.end(index);
    if (guess !== undefined && equalsName(guess.name, args.buffer, start, end)) return guess;
    return this.#lookUp(args.buffer, start, end);
  }

  named(name: string): TableEntry | undefined {
    const bytes = Buffer.from(name);
    return this.#lookUp(bytes, 0, bytes.length);
  }

  /** Calls by command name, of those called at least once. */
  counts(): Record<string, number> {
    return Object.fromEntries(this.entries.filter(({ calls }) => calls > 0).map(({ command, calls }) => [command.name, calls]));
  }

  #insert(entry: TableEntry): void {
    const { name } = entry;
    assert(
      name.length <= longestName && entry.command.name === entry.command.name.toLowerCase(),
      `command name ${entry.command.name}`,
    );
    assert(this.named(entry.command.name) === undefined, `command ${entry.command.name} is defined once`);
    this.#bucket(name, 0, name.length).push(entry);
  }

  #lookUp(bytes: Buffer, start: number, end: number): TableEntry | undefined {
    if (end - start > longestName) return undefined;
    for (const entry of this.#bucket(bytes, start, end)) {
      if (equalsName(entry.name, bytes, start, end)) return entry;
    }
    return undefined;
  }

  #bucket(bytes: Buffer, start: number, end: number): TableEntry[] {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + ((bytes[at] as number) | lowerCase)) | 0;
    return this.#buckets[(hash ^ (hash >>> 9)) & (bucketCount - 1)] as TableEntry[];
  }
}

/** A set of verbs as bits. */
export function verbBits(allowed: readonly Verb[]): number {
  return allowed.reduce((bits, verb) => bits | (1 << verbs.indexOf(verb)), 0);
}

function entryOf(command: Command): TableEntry {
  const { name, verb, keys, scope } = command;
  const verbBit = verb === undefined ? 0 : verbBits([verb]);
  const keyIndex = scope === 'key' && keys !== undefined && keys.first === keys.last ? keys.first : 0;
  return {
    command,
    calls: 0,
    routed: isRouted(command),
    follows: command.merge === 'wait' || command.name === 'satchel.unwatch',
    name: Buffer.from(name),
    verbBit,
    keyIndex,
  };
}

function equalsName(name: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let index = 0; index < name.length; index++) {
    if (((bytes[start + index] as number) | lowerCase) !== name[index]) return false;
  }
  return true;
}

/** Ending a watch concerns all shards that watch. */
function isRouted(command: Command): boolean {
  return command.scope !== 'connection' || command.name === 'satchel.unwatch';
}
