const lineFeed = 10;
const capitalG = 71;
const lowerG = 103;
const digitZero = 48;
const digitNine = 57;

/** What a connection's next bytes are. */
type Expecting = 'count' | 'length' | 'body';

/**
 * Reads RESP commands and tells the kind of each, keeping nothing of them: the least that a server which understands what it is sent
 * has to do. Commands may be cut anywhere.
 */
export class CommandSkimmer {
  readonly #command: (isGet: boolean) => void;
  #expecting: Expecting = 'count';
  #argumentsLeft = 0;
  #number = 0;
  #skip = 0;
  #isName = false;
  #isGet = false;

  /** `command` is called with the end of each command. */
  constructor(command: (isGet: boolean) => void) {
    this.#command = command;
  }

  /** Takes the first `length` bytes of a buffer, which is the caller's again afterwards. */
  read(bytes: Uint8Array, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#expecting === 'body') at = this.#body(bytes, at, length);
      else {
        const byte = bytes[at++] as number;
        if (byte >= digitZero && byte <= digitNine) this.#number = this.#number * 10 + byte - digitZero;
        else if (byte === lineFeed) this.#lineEnded();
      }
    }
  }

  #lineEnded(): void {
    if (this.#expecting === 'count') {
      this.#argumentsLeft = this.#number;
      this.#isName = true;
      this.#expecting = 'length';
    } else {
      this.#skip = this.#number + 2;
      this.#expecting = 'body';
    }
    this.#number = 0;
  }

  #body(bytes: Uint8Array, at: number, length: number): number {
    if (this.#isName) {
      this.#isGet = bytes[at] === capitalG || bytes[at] === lowerG;
      this.#isName = false;
    }
    const taken = Math.min(this.#skip, length - at);
    this.#skip -= taken;
    if (this.#skip === 0) {
      this.#argumentsLeft--;
      this.#expecting = this.#argumentsLeft > 0 ? 'length' : 'count';
      if (this.#argumentsLeft === 0) this.#command(this.#isGet);
    }
    return at + taken;
  }
}
