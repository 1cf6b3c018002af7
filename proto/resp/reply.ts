/** An error reply as it came, without its leading `-`. `SatchelError.fromRespLine(error.line)` gives the error to throw. */
export class ReplyError {
  constructor(readonly line: string) {}
}

/**
 * A decoded reply. Bulk strings are Buffers that own their bytes; simple and verbatim strings are text; integers and doubles are
 * numbers, integers beyond 2^53 and big numbers bigints; null of any kind is null. Map keys that are bulk strings become text.
 */
export type Reply =
  | string
  | Buffer
  | number
  | bigint
  | boolean
  | null
  | ReplyError
  | readonly Reply[]
  | ReadonlyMap<Reply, Reply>
  | ReadonlySet<Reply>;

/** The first byte of each RESP2 and RESP3 type, and the line end. */
export const marker = {
  simple: 0x2b,
  error: 0x2d,
  integer: 0x3a,
  bulk: 0x24,
  array: 0x2a,
  null: 0x5f,
  boolean: 0x23,
  double: 0x2c,
  bigNumber: 0x28,
  bulkError: 0x21,
  verbatim: 0x3d,
  map: 0x25,
  set: 0x7e,
  push: 0x3e,
  attribute: 0x7c,
  carriageReturn: 0x0d,
  lineFeed: 0x0a,
} as const;
