/** RESP2 or RESP3, chosen per connection by HELLO. */
export type RespVersion = 2 | 3;

/** What a command writes its reply to. Types that RESP2 lacks degrade as in Redis: map, set and push to array, nil to null bulk. */
export interface ReplyWriter {
  version: RespVersion;
  /** The output; replaced when it grows, so read it anew after each call. */
  readonly buffer: Buffer;
  ok(): void;
  simple(text: string): void;
  /** `line` begins with a code word and has no line breaks; see SatchelError.toRespLine. */
  error(line: string): void;
  integer(value: number): void;
  nil(): void;
  /** A bulk string of `bytes[start, end)`. */
  bulk(bytes: Uint8Array, start?: number, end?: number): void;
  /** A bulk string of UTF-8 text. */
  text(text: string): void;
  /** Header of an array; its elements follow. */
  array(length: number): void;
  /** Nil in the place of an array: RESP2 tells it from a missing string. */
  nilArray(): void;
  /** Header of a set; its members follow. */
  set(length: number): void;
  /** Header of a map of `pairs` keys, each followed by its value. */
  map(pairs: number): void;
  /** Header of an out-of-band push; only on a connection that speaks RESP3. */
  push(length: number): void;
  /**
   * Header of a bulk string of `length` bytes and room for them: returns the offset in `buffer` at which the caller
   * writes exactly that many bytes before it calls the writer again.
   */
  reserveBulk(length: number): number;
  /** A reply that is already encoded, as it came from another shard. */
  raw(bytes: Uint8Array): void;
}
