/** A value in pieces, sent as one without being joined. */
export class ChunkedValue {
  readonly chunks: Uint8Array[] = [];
  length = 0;

  add(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.chunks.push(chunk);
    this.length += chunk.length;
  }
}
