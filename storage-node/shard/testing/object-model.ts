type Entry =
  | { kind: 'string'; value: string; reads: number; attempt: number; expiresAtMs: number }
  | { kind: 'list'; elements: string[]; expiresAtMs: number }
  | { kind: 'set'; members: Set<string>; expiresAtMs: number }
  | { kind: 'failed'; reason: string };

const wrongType = '-WRONGTYPE Operation against a key holding the wrong kind of value';

/** What a job's commands answer, as a plain map of keys. Errors of which only the first word counts are given as that word. */
export class ObjectModel {
  /** The time by which objects expire. */
  nowMs = 0;
  entries = new Map<string, Entry>();

  clone(): ObjectModel {
    const clone = new ObjectModel();
    clone.nowMs = this.nowMs;
    clone.entries = structuredClone(this.entries);
    return clone;
  }

  /** Live objects. */
  get keys(): string[] {
    this.#expire();
    return [...this.entries].filter(([, entry]) => entry.kind !== 'failed').map(([key]) => key);
  }

  /** Whether a read of the key would use it up. */
  isCounted(key: string): boolean {
    const entry = this.entries.get(key);
    return entry?.kind === 'string' && entry.reads > 0;
  }

  call(name: string, key: string, ...rest: string[]): unknown {
    this.#expire();
    if (name === 'MGET') return this.#getMany([key, ...rest]);
    if (name === 'MSET' || name === 'MSETNX') return this.#setMany([key, ...rest], name === 'MSETNX');
    if (name === 'SATCHEL.DELPREFIX') return this.#deletePrefix(key);
    const entry = this.entries.get(key);
    const [first = '', second = ''] = rest;
    if (entry?.kind === 'failed' && !['SET', 'DEL', 'SATCHEL.FAIL', 'SATCHEL.PUT', 'SETNX', 'PSETEX'].includes(name))
      return `-FAILED ${entry.reason}`;
    switch (name) {
      case 'SET':
        return this.#store(key, first);
      case 'SETNX':
        if (entry !== undefined && entry.kind !== 'failed') return 0;
        this.#store(key, first);
        return 1;
      case 'SATCHEL.PUT':
        return this.#put(key, first, second, Number(rest[2]));
      case 'GET':
        return this.#get(key, entry);
      case 'GETDEL': {
        const value = this.#text(entry);
        if (entry?.kind === 'string') this.entries.delete(key);
        return value;
      }
      case 'STRLEN':
        return entry === undefined ? 0 : entry.kind === 'string' ? entry.value.length : wrongType;
      case 'EXISTS':
        return entry === undefined ? 0 : 1;
      case 'TYPE':
        return entry === undefined ? 'none' : entry.kind;
      case 'DEL':
        this.entries.delete(key);
        return entry === undefined || entry.kind === 'failed' ? 0 : 1;
      case 'APPEND':
        if (entry === undefined) this.#store(key, first);
        else if (entry.kind !== 'string') return wrongType;
        else entry.value += first;
        return this.#length(key);
      case 'INCR':
        return this.#increment(key, entry);
      case 'PEXPIRE':
        if (entry === undefined || entry.kind === 'failed') return 0;
        entry.expiresAtMs = this.nowMs + Number(first);
        return 1;
      case 'PSETEX':
        return this.#store(key, second, this.nowMs + Number(first));
      case 'PERSIST': {
        const did = entry !== undefined && entry.kind !== 'failed' && entry.expiresAtMs > 0;
        if (did) entry.expiresAtMs = 0;
        return did ? 1 : 0;
      }
      case 'SATCHEL.FAIL':
        this.entries.set(key, { kind: 'failed', reason: first });
        return 'OK';
      case 'RPUSH':
        return this.#push(key, entry, first);
      case 'LPOP':
        return this.#pop(key, entry);
      case 'LRANGE':
        return entry === undefined ? [] : entry.kind === 'list' ? [...entry.elements] : wrongType;
      case 'SADD':
        return this.#add(key, entry, first);
      case 'SREM':
        return this.#remove(key, entry, first);
      case 'RENAME':
        return this.#rename(key, entry, first);
      default:
        throw new Error(`no model of ${name}`);
    }
  }

  #expire(): void {
    for (const [key, entry] of this.entries) {
      if (entry.kind !== 'failed' && entry.expiresAtMs > 0 && entry.expiresAtMs <= this.nowMs) this.entries.delete(key);
    }
  }

  #getMany(keys: readonly string[]): unknown {
    const entries = keys.map((key) => this.entries.get(key));
    if (entries.some((entry) => entry?.kind === 'failed')) return 'FAILED';
    return entries.map((entry) => (entry?.kind === 'string' ? entry.value : null));
  }

  #setMany(words: readonly string[], ifMissing: boolean): unknown {
    const keys = words.filter((_, index) => index % 2 === 0);
    const isThere = (key: string) => !['failed', undefined].includes(this.entries.get(key)?.kind);
    if (ifMissing && keys.some(isThere)) return 0;
    for (const [index, key] of keys.entries()) this.#store(key, words[2 * index + 1] as string);
    return ifMissing ? 1 : 'OK';
  }

  #deletePrefix(prefix: string): number {
    const under = [...this.entries.keys()].filter((key) => key.startsWith(prefix));
    const objects = this.keys.filter((key) => key.startsWith(prefix)).length;
    for (const key of under) this.entries.delete(key);
    return objects;
  }

  #store(key: string, value: string, expiresAtMs = 0): 'OK' {
    this.entries.set(key, { kind: 'string', value, reads: 0, attempt: -1, expiresAtMs });
    return 'OK';
  }

  #put(key: string, value: string, option: string, number: number): unknown {
    const entry = this.entries.get(key);
    const attempt = option === 'ATTEMPT' ? number : -1;
    const stored = entry === undefined || entry.kind === 'failed' ? undefined : entry.kind === 'string' ? entry.attempt : -1;
    if (attempt >= 0 && stored !== undefined && stored !== attempt) return 'FENCED';
    this.entries.set(key, { kind: 'string', value, reads: option === 'READS' ? number : 0, attempt, expiresAtMs: 0 });
    return 'OK';
  }

  #get(key: string, entry: Entry | undefined): unknown {
    const value = this.#text(entry);
    if (entry?.kind === 'string' && entry.reads > 0 && --entry.reads === 0) this.entries.delete(key);
    return value;
  }

  #text(entry: Entry | undefined): unknown {
    if (entry === undefined) return null;
    return entry.kind === 'string' ? entry.value : wrongType;
  }

  #length(key: string): number {
    const entry = this.entries.get(key);
    return entry?.kind === 'string' ? entry.value.length : 0;
  }

  #increment(key: string, entry: Entry | undefined): unknown {
    if (entry === undefined) {
      this.#store(key, '1');
      return 1;
    }
    if (entry.kind !== 'string') return wrongType;
    if (!/^\d{1,15}$/.test(entry.value) || /^0\d/.test(entry.value)) return '-ERR value is not an integer or out of range';
    entry.value = String(Number(entry.value) + 1);
    return Number(entry.value);
  }

  #push(key: string, entry: Entry | undefined, element: string): unknown {
    if (entry !== undefined && entry.kind !== 'list') return wrongType;
    const list = entry ?? { kind: 'list' as const, elements: [], expiresAtMs: 0 };
    this.entries.set(key, list);
    return list.elements.push(element);
  }

  #pop(key: string, entry: Entry | undefined): unknown {
    if (entry === undefined) return null;
    if (entry.kind !== 'list') return wrongType;
    const element = entry.elements.shift();
    if (entry.elements.length === 0) this.entries.delete(key);
    return element;
  }

  #add(key: string, entry: Entry | undefined, member: string): unknown {
    if (entry !== undefined && entry.kind !== 'set') return wrongType;
    const set = entry ?? { kind: 'set' as const, members: new Set<string>(), expiresAtMs: 0 };
    this.entries.set(key, set);
    if (set.members.has(member)) return 0;
    set.members.add(member);
    return 1;
  }

  #remove(key: string, entry: Entry | undefined, member: string): unknown {
    if (entry === undefined) return 0;
    if (entry.kind !== 'set') return wrongType;
    const did = entry.members.delete(member) ? 1 : 0;
    if (entry.members.size === 0) this.entries.delete(key);
    return did;
  }

  #rename(key: string, entry: Entry | undefined, to: string): unknown {
    if (entry === undefined || entry.kind === 'failed') return '-ERR no such key';
    if (to === key) return 'OK';
    this.entries.delete(key);
    this.entries.set(to, entry);
    return 'OK';
  }
}
