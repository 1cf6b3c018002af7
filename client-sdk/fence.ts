import { Notice } from './call.js';

/** A command that is answered after everything sent before it: tells when all of that was answered, or never will be. */
export class Fence extends Notice {
  override readonly repeatable = true;
  readonly #passed: () => void;

  constructor(passed: () => void) {
    super(['PING']);
    this.#passed = passed;
  }

  override onReply(): void {
    this.#pass();
  }

  override fail(): void {
    this.#pass();
  }

  #pass(): void {
    if (this.settled) return;
    this.settled = true;
    this.#passed();
  }
}

/** The fences of one connection: one is under way at a time, and whoever comes meanwhile waits for the next. */
export class Fences {
  readonly #send: (fence: Fence) => void;
  #next: (() => void)[] = [];
  #underWay = false;

  constructor(send: (fence: Fence) => void) {
    this.#send = send;
  }

  /** Calls back when everything sent so far has been answered or has failed. */
  add(passed: () => void): void {
    this.#next.push(passed);
    if (!this.#underWay) this.#sendNext();
  }

  #sendNext(): void {
    const all = this.#next;
    this.#next = [];
    this.#underWay = true;
    this.#send(
      new Fence(() => {
        this.#underWay = false;
        for (const passed of all) passed();
        if (this.#next.length > 0 && !this.#underWay) this.#sendNext();
      }),
    );
  }
}
