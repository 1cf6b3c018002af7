import { closeSync } from 'node:fs';
import { SatchelError } from '@satchel/proto/core';
import { loadMapping, type MappedFile, mappingProblem } from './mapping.js';
import { formatRing, ringBytes } from './ring.js';
import { loadRingCalls, type Message } from './ring-calls.js';

/** Constants of Linux. */
const memfd = { closeOnExec: 1, allowSealing: 2 } as const;
const addSeals = 1033;
const seals = { seal: 1, shrink: 2, grow: 4 } as const;
const unixSocket = 1;
const streamSocket = { stream: 1, closeOnExec: 0o2000000 } as const;
const socketLevel = 1;
const socketOption = { receiveTimeout: 20, sendTimeout: 21 } as const;
const messageFlag = { dontWait: 0x40, noSignal: 0x4000, closeOnExec: 0x40000000 } as const;
const rights = 1;
const none = -1;
const addressBytes = 110;
/** A control message with one descriptor: its length, level and type, the descriptor, padding. */
const control = { bytes: 24, length: 20 } as const;

/** A ring that a shard made: its memory and what to hand to the client. */
export interface MadeRing {
  readonly file: MappedFile;
  readonly descriptor: number;
}

/**
 * Makes a ring in memory whose size nobody can change, so that no other process can take it away under its user. Close the descriptor once it
 * is handed over. Throws `unavailable` where memory cannot be shared or is used up.
 */
export function makeRing(capacityBytes: number): MadeRing {
  const mapping = loadMapping();
  if (mapping === undefined) throw new SatchelError('unavailable', mappingProblem());
  const calls = loadRingCalls();
  const descriptor = calls.memfdCreate('satchel-ring', memfd.closeOnExec | memfd.allowSealing);
  if (descriptor < 0) throw failed('make memory for a ring');
  try {
    const bytes = ringBytes(capacityBytes);
    if (calls.ftruncate(descriptor, bytes) < 0) throw failed(`make ${bytes} bytes for a ring`);
    if (calls.fcntl(descriptor, addSeals, seals.seal | seals.shrink | seals.grow) < 0) throw failed('seal a ring');
    const file = mapping.reserve(descriptor, bytes);
    formatRing(file.memory, capacityBytes);
    return { file, descriptor };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Sends bytes with a descriptor through a Unix socket that has nothing else to send; throws `unavailable` if it does not take them at once. */
export function sendDescriptor(socket: number, bytes: Buffer, descriptor: number): void {
  const rightsMessage = Buffer.alloc(control.bytes);
  rightsMessage.writeUInt32LE(control.length, 0);
  rightsMessage.writeInt32LE(socketLevel, 8);
  rightsMessage.writeInt32LE(rights, 12);
  rightsMessage.writeInt32LE(descriptor, 16);
  const sent = loadRingCalls().sendmsg(socket, message(bytes, rightsMessage), messageFlag.noSignal | messageFlag.dontWait);
  if (sent !== bytes.length) throw failed('pass a ring to its client');
}

/** What {@link askForRing} got. */
export interface ReceivedRing {
  readonly file: MappedFile;
  /** The socket it came through, connected, blocking. */
  readonly socket: number;
}

/**
 * Connects to a Unix socket, sends requests, each once the one before was answered, and waits, on a thread of libuv's pool, for a ring as the
 * last answer. Rejects with the error the shard answered with, or `unavailable`.
 */
export async function askForRing(path: string, requests: readonly Buffer[], timeoutMs: number): Promise<ReceivedRing> {
  const mapping = loadMapping();
  if (mapping === undefined) throw new SatchelError('unavailable', mappingProblem());
  const calls = loadRingCalls();
  const socket = calls.socket(unixSocket, streamSocket.stream | streamSocket.closeOnExec, 0);
  if (socket < 0) throw failed('make a socket');
  try {
    const timeout = Buffer.alloc(16);
    timeout.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0);
    timeout.writeBigInt64LE(BigInt(timeoutMs % 1000) * 1000n, 8);
    for (const option of Object.values(socketOption)) calls.setsockopt(socket, socketLevel, option, timeout, timeout.length);
    const address = Buffer.alloc(addressBytes);
    address.writeUInt16LE(unixSocket, 0);
    address.write(path, 2);
    await inThread(`connect to ${path}`, (done) => calls.connect.async(socket, address, address.length, done));
    let descriptor = none;
    for (const request of requests) {
      await inThread(`write to ${path}`, (done) => calls.write.async(socket, request, request.length, done));
      descriptor = await receiveAnswer(socket, path);
    }
    if (descriptor === none) throw new SatchelError('unavailable', `${path} sent no ring with its answer`);
    try {
      return { file: mapping.openDescriptor(descriptor), socket };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    closeSync(socket);
    throw error;
  }
}

/** Reads a line; the descriptor that came with it, or none. */
async function receiveAnswer(socket: number, path: string): Promise<number> {
  const calls = loadRingCalls();
  let answer = '';
  for (;;) {
    const bytes = Buffer.alloc(4096);
    const rightsMessage = Buffer.alloc(control.bytes);
    const received = message(bytes, rightsMessage);
    const length = await inThread(`read from ${path}`, (done) =>
      calls.recvmsg.async(socket, received, messageFlag.closeOnExec, done),
    );
    answer += bytes.toString('latin1', 0, length);
    const refusal = /^-([^\r\n]*)\r\n/m.exec(answer)?.[1];
    if (refusal !== undefined) throw SatchelError.fromRespLine(refusal);
    if (rightsMessage.readUInt32LE(0) === control.length) return rightsMessage.readInt32LE(16);
    if (answer.endsWith('\r\n')) return none;
    if (length === 0) throw new SatchelError('unavailable', `${path} closed the connection instead of sending a ring`);
  }
}

function message(bytes: Buffer, rightsMessage: Buffer): Message {
  return {
    name: null,
    nameLength: 0,
    parts: [{ bytes, length: bytes.length }],
    partCount: 1,
    control: rightsMessage,
    controlLength: rightsMessage.length,
    flags: 0,
  };
}

function inThread(what: string, call: (done: (error: Error | null, result: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    call((error, result) => {
      if (error !== null) reject(error);
      else if (result < 0) reject(new SatchelError('unavailable', `cannot ${what} within the time allowed`));
      else resolve(result);
    });
  });
}

function failed(what: string): SatchelError {
  return new SatchelError('unavailable', `cannot ${what}: error ${loadRingCalls().errorNumber()}`);
}
