/**
 * Detaches an ArrayBuffer, so that every view of it is empty from now on; false if this runtime cannot. `transfer` came with Node 22; before,
 * giving a view to a byte stream is what detaches memory that is not Node's own: the streams standard says so.
 */
export function detach(memory: ArrayBuffer): boolean {
  const transferable: { transfer?: (bytes: number) => ArrayBuffer } & ArrayBuffer = memory;
  try {
    transferable.transfer?.(0);
    if (memory.byteLength > 0) new ReadableStream({ type: 'bytes', start: (stream) => stream.enqueue(new Uint8Array(memory)) });
  } catch {
    return false;
  }
  return memory.byteLength === 0;
}
