import { limits } from '@satchel/proto/core';

/** How large the replies of a connection whose commands go to other shards are taken to be before one has come. */
const firstEstimateBytes = 4 * 1024 * 1024;

/**
 * How many commands of one connection may be under way on other shards: limits.connectionForwards, and fewer the larger its replies
 * are, so that those under way are not expected to bring more than limits.connectionForwardBytes. One is let through always.
 */
export class ForwardWindow {
  #estimateBytes = firstEstimateBytes;

  /** A reply has come. Many small ones are needed to forget a large one. */
  observe(bytes: number): void {
    const remembered = this.#estimateBytes - Math.ceil(this.#estimateBytes / 4);
    this.#estimateBytes = Math.max(bytes, remembered);
  }

  /** Whether no more commands are to be sent, given those under way and the bytes of replies that wait for the client. */
  isFull(underWay: number, waitingBytes: number): boolean {
    return (
      underWay >= limits.connectionForwards ||
      (underWay > 0 && waitingBytes + underWay * this.#estimateBytes > limits.connectionForwardBytes)
    );
  }

  /** Whether there is room for a good number of commands again. */
  isRoomy(underWay: number, waitingBytes: number): boolean {
    return underWay === 0 || !this.isFull(underWay * 2, waitingBytes);
  }
}
