/** What a connection needs of its other end: a socket, or a ring. */
export interface Transport {
  readonly writable: boolean;
  /** Bytes that were written and not yet taken by the other side. */
  readonly writableLength: number;
  /** Sends bytes; unless `writableLength` is 0 afterwards they are kept until they are taken. */
  write(bytes: Uint8Array): unknown;
  end(): unknown;
  destroy(): unknown;
  /** Goes on reading after `read` returned false. */
  resume(): unknown;
  on(event: 'drain', callback: () => void): unknown;
}
