type Entry =
  | { kind: 'string'; value: string; reads: number; attempt: number; expires: boolean }
  | { kind: 'list'; elements: string[]; expires: boolean }
  | { kind: 'set'; members: Set<string>; expires: boolean }
  | { kind: 'failed'; reason: string };

const wrongType = '-WRONGTYPE Operation against a key holding the wrong kind of value';

/** What a job's commands answer, as a plain map of keys. Expiry is far away or never. */
export class ObjectModel {
  readonly entries = new Map<string, Entry>();

  /** Live objects. */
  get keys(): string[] {
    return [...this.entries].filter(([, entry]) => entry.kind !== 'failed').map(([key]) => key);
  }

  call(name: string, key: string, ...rest: string[]): unknown {
    const entry = this.entries.get(key);
    const [first = '', second = ''] = rest;
    if (entry?.kind === 'failed' && !['SET', 'DEL', 'SATCHEL.FAIL', 'SATCHEL.PUT', 'SETNX'].includes(name))
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
        entry.expires = true;
        return 1;
      case 'PERSIST': {
        const did = entry !== undefined && entry.kind !== 'failed' && entry.expires;
        if (did) entry.expires = false;
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

  #store(key: string, value: string): 'OK' {
    this.entries.set(key, { kind: 'string', value, reads: 0, attempt: -1, expires: false });
    return 'OK';
  }

  #put(key: string, value: string, option: string, number: number): unknown {
    const entry = this.entries.get(key);
    const attempt = option === 'ATTEMPT' ? number : -1;
    const stored = entry === undefined || entry.kind === 'failed' ? undefined : entry.kind === 'string' ? entry.attempt : -1;
    if (attempt >= 0 && stored !== undefined && stored !== attempt) return 'FENCED';
    this.entries.set(key, { kind: 'string', value, reads: option === 'READS' ? number : 0, attempt, expires: false });
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
    const list = entry ?? { kind: 'list' as const, elements: [], expires: false };
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
    const set = entry ?? { kind: 'set' as const, members: new Set<string>(), expires: false };
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
