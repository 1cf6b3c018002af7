import { ChunkedValue } from '../chunked-value.js';

/** A value as pieces of `chunkBytes`, the last one shorter; none is copied. */
export function* chunksOf(value: Uint8Array, chunkBytes: number): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < value.length; at += chunkBytes) yield value.subarray(at, at + chunkBytes);
}

/**
 * What a stream delivers as pieces of `chunkBytes`, the last one shorter and never empty. `heard` is called whenever the source
 * has delivered something.
 */
export async function* chunksOfStream(
  source: AsyncIterable<Uint8Array | string>,
  chunkBytes: number,
  heard: () => void,
): AsyncGenerator<ChunkedValue, void, undefined> {
  let chunk = new ChunkedValue();
  for await (const piece of source) {
    heard();
    let bytes: Uint8Array = typeof piece === 'string' ? Buffer.from(piece) : piece;
    while (chunk.length + bytes.length >= chunkBytes) {
      const taken = chunkBytes - chunk.length;
      chunk.add(bytes.subarray(0, taken));
      bytes = bytes.subarray(taken);
      yield chunk;
      chunk = new ChunkedValue();
    }
    chunk.add(bytes);
  }
  if (chunk.length > 0) yield chunk;
}
