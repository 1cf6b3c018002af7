import { createRequire } from 'node:module';

/** The calls of the C library that rings need besides mapping. Those that fail return -1. */
export interface RingCalls {
  memfdCreate(name: string, flags: number): number;
  /** fcntl with a number as its argument. */
  fcntl(descriptor: number, command: number, argument: number): number;
  ftruncate(descriptor: number, bytes: number): number;
  flock(descriptor: number, operation: number): number;
  socket(domain: number, type: number, protocol: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: Buffer, bytes: number): number;
  readonly connect: Call<[number, Buffer, number]>;
  readonly write: Call<[number, Buffer, number]>;
  sendmsg(descriptor: number, message: Message, flags: number): number;
  readonly recvmsg: Call<[number, Message, number]>;
  errorNumber(): number;
}

/** struct msghdr with one part. */
export interface Message {
  readonly name: null;
  readonly nameLength: number;
  readonly parts: readonly [{ readonly bytes: Buffer; readonly length: number }];
  readonly partCount: number;
  readonly control: Buffer;
  readonly controlLength: number;
  readonly flags: number;
}

interface Call<Arguments extends unknown[]> {
  (...values: Arguments): number;
  /** The same on a thread of libuv's pool. */
  async(...values: [...Arguments, (error: Error | null, result: number) => void]): void;
}

let calls: RingCalls | undefined;

/** Throws if koffi is not installed or not built for this system; see `loadMapping` for whether it is. */
export function loadRingCalls(): RingCalls {
  calls ??= declare();
  return calls;
}

function declare(): RingCalls {
  const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
  const library = koffi.load(null);
  koffi.struct('satchel_iovec', { bytes: 'void *', length: 'size_t' });
  koffi.struct('satchel_msghdr', {
    name: 'void *',
    nameLength: 'uint32_t',
    parts: 'satchel_iovec *',
    partCount: 'size_t',
    control: 'void *',
    controlLength: 'size_t',
    flags: 'int',
  });
  const fcntl = library.func('int fcntl(int, int, ...)');
  // Declared with the types of the C library's manual pages.
  return {
    memfdCreate: library.func('int memfd_create(const char *, unsigned int)'),
    fcntl: (descriptor, command, argument) => fcntl(descriptor, command, 'int', argument),
    ftruncate: library.func('int ftruncate(int, int64_t)'),
    flock: library.func('int flock(int, int)'),
    socket: library.func('int socket(int, int, int)'),
    setsockopt: library.func('int setsockopt(int, int, int, const void *, uint32_t)'),
    connect: library.func('int connect(int, const void *, uint32_t)') as unknown as RingCalls['connect'],
    write: library.func('intptr_t write(int, const void *, size_t)') as unknown as RingCalls['write'],
    sendmsg: library.func('intptr_t sendmsg(int, satchel_msghdr *, int)'),
    recvmsg: library.func('intptr_t recvmsg(int, satchel_msghdr *, int)') as unknown as RingCalls['recvmsg'],
    errorNumber: () => koffi.errno(),
  };
}
