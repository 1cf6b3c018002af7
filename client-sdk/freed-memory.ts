/** Just above the 32 MiB of young buffers that V8 frees at a time, halved: glibc keeps twice this size. */
const largestBytes = 17 * 1024 * 1024;

let arranged = false;

/**
 * Lets the process keep some 34 MiB of freed memory instead of giving it back to the kernel after every few large values, only to have it
 * faulted in again page by page, which takes longer than the transfer. glibc's malloc learns this from a freed block of the size (mallopt(3),
 * M_MMAP_THRESHOLD); the block is never touched, so it costs address space only. Elsewhere it does nothing. Idempotent.
 */
export function keepFreedMemory(): void {
  if (arranged) return;
  arranged = true;
  Buffer.allocUnsafeSlow(largestBytes);
}
