/** A binary heap: the item with the smallest `key` first. Items of equal key come in no particular order. */
export class MinHeap<Item> {
  readonly #items: { key: number; item: Item }[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(key: number, item: Item): void {
    const items = this.#items;
    let hole = items.push({ key, item }) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.key <= key) break;
      items[hole] = above;
      hole = parent;
    }
    items[hole] = { key, item };
  }

  /** Takes the first item if its key is at most `key`. */
  popUpTo(key: number): Item | undefined {
    const first = this.#items[0];
    if (first === undefined || first.key > key) return undefined;
    const last = this.#items.pop();
    if (last !== undefined && this.#items.length > 0) this.#sink(last);
    return first.item;
  }

  #sink(entry: { key: number; item: Item }): void {
    const items = this.#items;
    let hole = 0;
    for (;;) {
      let child = hole * 2 + 1;
      const [left, right] = [items[child], items[child + 1]];
      if (left === undefined) break;
      let below = left;
      if (right !== undefined && right.key < left.key) {
        below = right;
        child++;
      }
      if (below.key >= entry.key) break;
      items[hole] = below;
      hole = child;
    }
    items[hole] = entry;
  }
}
