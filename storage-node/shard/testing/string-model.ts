/** What Redis says about strings, on a Map: the model that property tests compare with. Times are milliseconds. */
export class StringModel {
  readonly #objects = new Map<string, { value: string; expiresAtMs: number }>();

  run(command: readonly string[], nowMs: number): unknown {
    const [name, key = '', first = '', second = ''] = command;
    const object = this.#find(key, nowMs);
    switch (name) {
      case 'GET':
        return object?.value ?? null;
      case 'SET':
        return this.#set(key, first, second, nowMs, object !== undefined);
      case 'GETDEL':
        this.#objects.delete(key);
        return object?.value ?? null;
      case 'DEL':
        return this.#objects.delete(key) ? 1 : 0;
      case 'EXISTS':
        return object === undefined ? 0 : 1;
      case 'STRLEN':
        return object?.value.length ?? 0;
      case 'APPEND':
        return this.#change(key, (object?.value ?? '') + first).length;
      case 'INCRBY':
        return this.#increment(key, object?.value ?? '0', Number(first));
      case 'GETRANGE':
        return rangeOfText(object?.value ?? '', Number(first), Number(second));
      case 'PEXPIRE':
        if (object === undefined) return 0;
        object.expiresAtMs = nowMs + Number(first);
        return 1;
      case 'PERSIST':
        if (object === undefined || object.expiresAtMs === Infinity) return 0;
        object.expiresAtMs = Infinity;
        return 1;
      case 'PTTL':
        if (object === undefined) return -2;
        return object.expiresAtMs === Infinity ? -1 : object.expiresAtMs - nowMs;
      default:
        throw new Error(`the model knows no ${name}`);
    }
  }

  /** Live keys in order. */
  keys(nowMs: number): string[] {
    return [...this.#objects.keys()].filter((key) => this.#find(key, nowMs) !== undefined).sort();
  }

  #find(key: string, nowMs: number) {
    const object = this.#objects.get(key);
    if (object === undefined || object.expiresAtMs > nowMs) return object;
    this.#objects.delete(key);
    return undefined;
  }

  #set(key: string, value: string, option: string, nowMs: number, there: boolean): 'OK' | null {
    if ((option === 'NX' && there) || (option === 'XX' && !there)) return null;
    this.#objects.set(key, { value, expiresAtMs: /^\d+$/.test(option) ? nowMs + Number(option) : Infinity });
    return 'OK';
  }

  #change(key: string, value: string): string {
    const object = this.#objects.get(key) ?? { value, expiresAtMs: Infinity };
    object.value = value;
    this.#objects.set(key, object);
    return value;
  }

  #increment(key: string, before: string, delta: number): unknown {
    if (!/^(0|-?[1-9]\d*)$/.test(before)) return '-ERR value is not an integer or out of range';
    return Number(this.#change(key, String(Number(before) + delta)));
  }
}

function rangeOfText(text: string, first: number, last: number): string {
  const from = first < 0 ? Math.max(0, text.length + first) : first;
  if (first < 0 && last < 0 && first > last) return '';
  // As Redis does: an end before the beginning is the beginning.
  const to = last < 0 ? Math.max(0, text.length + last) : last;
  return from > to ? '' : text.slice(from, to + 1);
}
