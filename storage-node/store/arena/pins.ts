/** Spans that stay where they are, and are not used for anything else, while somebody holds their bytes. */
export class Pins {
  private readonly pinned = new Map<number, { count: number; isOrphan: boolean }>();
  private onFree: (() => void) | undefined;

  get size(): number {
    return this.pinned.size;
  }

  has(unit: number): boolean {
    return this.pinned.has(unit);
  }

  /** Pins the span that begins at a unit, once more. */
  pin(unit: number): void {
    const pin = this.pinned.get(unit);
    if (pin) pin.count++;
    else this.pinned.set(unit, { count: 1, isOrphan: false });
  }

  /** Notes that a span would be free but for its pins; false if it has none. */
  orphan(unit: number): boolean {
    const pin = this.pinned.get(unit);
    if (pin) pin.isOrphan = true;
    return pin !== undefined;
  }

  isOrphan(unit: number): boolean {
    return this.pinned.get(unit)?.isOrphan ?? false;
  }

  /** Takes one pin away; true if it was the last of a span that is to be freed now. */
  unpin(unit: number): boolean {
    const pin = this.pinned.get(unit);
    if (!pin || --pin.count > 0) return false;
    this.pinned.delete(unit);
    if (this.size > 0 || !this.onFree) return pin.isOrphan && !this.onFree;
    this.onFree();
    return false;
  }

  /** Calls back once nothing is pinned: at once, or at the last `unpin`; from then on nothing is freed span by span. */
  whenFree(callback: () => void): void {
    this.onFree = callback;
    if (this.size === 0) callback();
  }
}
