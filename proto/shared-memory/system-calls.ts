import { createRequire } from 'node:module';

/** The calls of the C library that mapping needs. An address is a bigint; `-1n` in 64 bits means that `mmap` failed. */
export interface SystemCalls {
  readonly mmap: Call<[bigint | null, number, number, number, number, number], bigint>;
  readonly munmap: Call<[bigint, number], number>;
  readonly madvise: Call<[bigint, number, number], number>;
  /** Returns the error number itself, 0 if it went well. */
  readonly posixFallocate: Call<[number, number, number], number>;
  /** Memory at an address as an ArrayBuffer that does not own it. */
  view(address: bigint, bytes: number): ArrayBuffer;
  /** Of the last call that was not asynchronous. */
  errorNumber(): number;
}

interface Call<Arguments extends unknown[], Result> {
  (...values: Arguments): Result;
  /** The same on a thread of libuv's pool. */
  async(...values: [...Arguments, (error: Error | null, result: Result) => void]): void;
}

export const protection = { none: 0, read: 1, write: 2 } as const;
/** Linux 6.1 and later: make large pages of a range, now. */
export const collapse = 25;
export const mapFlags = {
  shared: 0x01,
  private: 0x02,
  fixed: 0x10,
  anonymous: 0x20,
  noReserve: 0x4000,
  populate: 0x8000,
} as const;

/** Throws if koffi is not installed or not built for this system. */
export function loadSystemCalls(): SystemCalls {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const library = koffi.load(null);
  // Declared with the types of the C library's manual pages.
  return {
    mmap: library.func('void *mmap(void *, size_t, int, int, int, int64_t)') as unknown as SystemCalls['mmap'],
    munmap: library.func('int munmap(void *, size_t)') as unknown as SystemCalls['munmap'],
    madvise: library.func('int madvise(void *, size_t, int)') as unknown as SystemCalls['madvise'],
    posixFallocate: library.func('int posix_fallocate(int, int64_t, int64_t)') as unknown as SystemCalls['posixFallocate'],
    view: (address, bytes) => koffi.view(address, bytes),
    errorNumber: () => koffi.errno(),
  };
}
