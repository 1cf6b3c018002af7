const blockBits = 9;
const blockLength = 1 << blockBits;

/**
 * A sequence of strings that grows and shrinks at both ends at once, whatever its length. Lies in blocks: all but the last are full,
 * except for a gap at the beginning of the first.
 */
export class Deque {
  #blocks: string[][] = [];
  /** Unused places of the first block. */
  #gap = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The element at a position from 0 to length - 1. */
  at(index: number): string {
    const place = this.#gap + index;
    return (this.#blocks[place >> blockBits] as string[])[place & (blockLength - 1)] as string;
  }

  /** Replaces the element at a position from 0 to length - 1. */
  set(index: number, element: string): void {
    const place = this.#gap + index;
    (this.#blocks[place >> blockBits] as string[])[place & (blockLength - 1)] = element;
  }

  pushRight(element: string): void {
    let last = this.#blocks[this.#blocks.length - 1];
    if (last === undefined || last.length === blockLength) {
      last = [];
      this.#blocks.push(last);
    }
    last.push(element);
    this.#length++;
  }

  pushLeft(element: string): void {
    this.#length++;
    const first = this.#blocks[0];
    if (this.#gap > 0 && first !== undefined) {
      first[--this.#gap] = element;
    } else if (first !== undefined && this.#blocks.length === 1 && first.length < blockLength) {
      first.unshift(element);
    } else {
      const block = new Array<string>(blockLength).fill('');
      block[blockLength - 1] = element;
      this.#gap = blockLength - 1;
      this.#blocks.unshift(block);
    }
  }

  popLeft(): string | undefined {
    const first = this.#blocks[0];
    if (first === undefined) return undefined;
    const element = first[this.#gap] as string;
    if (this.#gap === 0 && this.#blocks.length === 1) first.shift();
    else first[this.#gap++] = '';
    if (this.#gap === first.length) {
      this.#blocks.shift();
      this.#gap = 0;
    }
    this.#length--;
    return element;
  }

  popRight(): string | undefined {
    const last = this.#blocks[this.#blocks.length - 1];
    if (last === undefined) return undefined;
    const element = last.pop() as string;
    this.#length--;
    if (this.#length === 0) this.#gap = 0;
    if (last.length === 0 || this.#length === 0) this.#blocks.pop();
    return element;
  }
}
