import { limits, type SatchelError } from '../core/index.js';
import { addWords } from './add-words.js';
import { CommandArguments } from './command-arguments.js';
import { Diversion } from './diversion.js';
import { GatheredBytes, type InputBudget } from './gathered-bytes.js';
import { LengthLine } from './length-line.js';
import { requestErrors } from './request-errors.js';
import type { RequestHandler } from './request-handler.js';
import { wholeCommand } from './whole-command.js';

const asterisk = 0x2a;
const dollar = 0x24;
const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** `$0\r\n\r\n`: what each argument still to come takes at least. */
const shortestArgumentBytes = 6;
/** A value up to this is read over and refused by itself; above it the connection is of no more use. */
const skippedBytes = 8 * limits.valueBytes;

/** What the parser expects next; numbers, as it is asked for every argument. */
const Expect = { Command: 0, Header: 1, Body: 2 } as const;

/**
 * Incremental parser of RESP commands: arrays of bulk strings, and inline commands. A command that lies whole in the input is
 * handed over in place, without a copy or an allocation; one that arrives in pieces is gathered.
 */
export class RequestParser {
  /** Bytes one argument or one gathered command may have; lower before authentication. */
  inputLimitBytes: number = limits.valueBytes;
  readonly #handler: RequestHandler;
  #args = new CommandArguments();
  readonly #gathered: GatheredBytes;
  /** Input that came with or after the command that paused. */
  #rest: Buffer | undefined;
  #paused = false;
  #ended = false;
  #expect: 0 | 1 | 2 = Expect.Command;
  /** Arguments of the command under way still to come. */
  #argumentsLeft = 0;
  /** Bytes of the argument under way. */
  #bodyBytes = 0;
  /** Where the next header or body begins in the buffer that is being parsed. */
  #at = 0;
  /** Bytes of an oversize argument still to be read over. */
  #skip = 0;
  #oversizeBytes = 0;
  readonly #diversion = new Diversion();
  readonly #line = new LengthLine();

  constructor(handler: RequestHandler, budget: InputBudget) {
    this.#handler = handler;
    this.#gathered = new GatheredBytes(budget);
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Bytes kept while paused. */
  get heldBackBytes(): number {
    return this.#rest?.length ?? 0;
  }

  /** Gives up the arguments last handed over, to whoever goes on with them; call it before the handler returns. */
  surrenderArguments(): void {
    this.#args = new CommandArguments();
  }

  /** Whether part of a command has arrived. */
  get midway(): boolean {
    return this.#gathered.length > 0 || this.#expect !== Expect.Command;
  }

  /** Takes `buffer[start, end)`, which the caller may overwrite afterwards. While paused the input is copied and kept. */
  feed(buffer: Buffer, start: number, end: number): void {
    if (this.#ended || start === end) return;
    if (this.#paused) this.#keep(Buffer.from(buffer.subarray(start, end)));
    else this.#run(buffer, start, end, false);
  }

  /** Parses nothing more until `resume`, as if the handler had returned false. */
  pause(): void {
    this.#paused = true;
  }

  /** Goes on after a pause with the input that was kept; the handler may pause again. */
  resume(): void {
    if (!this.#paused || this.#ended) return;
    this.#paused = false;
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) this.#run(rest, 0, rest.length, true);
  }

  /** Gives back what is held; the parser ignores all further input. */
  end(): void {
    this.#ended = true;
    this.#rest = undefined;
    this.#gathered.release();
    this.#diversion.abort();
  }

  #keep(bytes: Buffer): void {
    this.#rest = this.#rest ? Buffer.concat([this.#rest, bytes]) : bytes;
  }

  /** `owned`: the bytes stay as they are, so what is kept of them needs no copy. */
  #run(buffer: Buffer, start: number, end: number, owned: boolean): void {
    let at = start;
    while (at < end && !this.#paused && !this.#ended) {
      if (this.#skip > 0) at = this.#readOver(at, end);
      else if (this.#diversion.left > 0) at = this.#diversion.pour(buffer, at, end);
      else if (this.#gathered.length > 0) at = this.#gatherFrom(buffer, at, end);
      else at = this.#parseInPlace(buffer, at, end);
    }
    if (at < end && this.#paused && !this.#ended) {
      const rest = buffer.subarray(at, end);
      this.#keep(owned ? rest : Buffer.from(rest));
    }
  }

  /** Parses commands where they lie; returns how far the input was used up. What is incomplete is gathered. */
  #parseInPlace(buffer: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end) {
      const next = this.#expect === Expect.Command ? wholeCommand(this.#args, buffer, at, end, this.inputLimitBytes) : 0;
      if (next > 0) {
        at = next;
        this.#args.buffer = buffer;
        if (!this.#handler.onCommand(this.#args)) this.#paused = true;
        if (this.#paused || this.#ended) return at;
        continue;
      }
      this.#at = at;
      const done = this.#advance(buffer, end);
      if (this.#ended) return end;
      if (this.#skip > 0) return this.#at;
      if (!done) {
        const used = this.#diversion.left > 0 ? this.#at : end;
        this.#hold(buffer, at, used);
        return used;
      }
      at = this.#at;
      if (!this.#deliver(buffer)) return at;
    }
    return at;
  }

  /** Moves the incomplete command `buffer[start, end)` to memory of its own. */
  #hold(buffer: Buffer, start: number, end: number): void {
    this.#append(buffer, start, end);
    this.#at -= start;
    const { starts, ends, count } = this.#args;
    for (let index = 0; index < count; index++) {
      starts[index] = (starts[index] as number) - start;
      ends[index] = (ends[index] as number) - start;
    }
  }

  /** Adds to the gathered command what it surely needs, and hands it over once it is whole. Returns how far the input was used. */
  #gatherFrom(buffer: Buffer, start: number, end: number): number {
    let to = Math.min(end, start + this.#missingBytes());
    if (this.#expect !== Expect.Body) {
      const newLine = buffer.indexOf(lineFeed, start);
      to = Math.max(to, newLine < 0 || newLine >= end ? end : newLine + 1);
      // An inline command ends at its line; nothing behind it may be taken along.
      if (this.#expect === Expect.Command) to = newLine < 0 || newLine >= end ? end : newLine + 1;
    }
    if (!this.#append(buffer, start, to)) return end;
    const done = this.#advance(this.#gathered.buffer, this.#gathered.length);
    if (this.#ended) return end;
    if (this.#skip > 0) {
      // The oversize body's first bytes may have been gathered with its header.
      const surplus = this.#gathered.length - this.#at;
      this.#gathered.release();
      return to - surplus;
    }
    if (this.#diversion.left > 0) {
      const surplus = this.#gathered.length - this.#at;
      this.#gathered.length = this.#at;
      return to - surplus;
    }
    if (done) {
      const { buffer: whole } = this.#gathered;
      this.#gathered.release();
      this.#deliverGathered(whole);
    }
    return to;
  }

  #deliverGathered(whole: Buffer): void {
    const args = this.#args;
    args.borrowed = false;
    args.sink = this.#diversion.take();
    this.#deliver(whole);
    if (this.#args !== args) return;
    args.borrowed = true;
    args.sink?.abort();
    args.sink = undefined;
  }

  /** Lets a large argument begin to flow, if somebody takes it: what is gathered of it is nothing. */
  #divert(buffer: Buffer, length: number): boolean {
    if (length < limits.streamedArgumentBytes) return false;
    this.#args.buffer = buffer;
    return this.#diversion.begin(this.#args, length, () =>
      this.#handler.onLargeArgument?.(this.#args, length, this.#argumentsLeft),
    );
  }

  /** Least number of bytes the gathered command lacks. */
  #missingBytes(): number {
    if (this.#expect === Expect.Command) return 0;
    const gathered = this.#gathered.length;
    const later = this.#expect === Expect.Body ? this.#argumentsLeft - 1 : this.#argumentsLeft;
    const underWay = this.#expect === Expect.Body ? this.#at + this.#bodyBytes + 2 : this.#at;
    return Math.max(0, underWay + later * shortestArgumentBytes - gathered);
  }

  #append(buffer: Buffer, from: number, to: number): boolean {
    const length = this.#gathered.length + to - from;
    if (length > this.inputLimitBytes && this.inputLimitBytes < limits.valueBytes) {
      return this.#fail(requestErrors.unauthenticated(this.inputLimitBytes));
    }
    if (this.#gathered.append(buffer, from, to, this.#gathered.length + this.#missingBytes())) return true;
    return this.#fail(requestErrors.shardInput());
  }

  /** Parses on from `#at`; true when a whole command stands in `#args` and `#at` is behind it. */
  #advance(buffer: Buffer, end: number): boolean {
    if (this.#expect === Expect.Command && !this.#commandHeader(buffer, end)) return false;
    while (this.#argumentsLeft > 0) {
      if (this.#expect === Expect.Header && !this.#argumentHeader(buffer, end)) return false;
      if (this.#expect === Expect.Body && !this.#argumentBody(buffer, end)) return false;
      this.#argumentsLeft--;
      this.#expect = Expect.Header;
    }
    this.#expect = Expect.Command;
    return true;
  }

  #commandHeader(buffer: Buffer, end: number): boolean {
    this.#args.count = 0;
    this.#oversizeBytes = 0;
    if (buffer[this.#at] !== asterisk) return this.#inline(buffer, end);
    const count = this.#length(buffer, end, 'number of arguments');
    if (count === undefined) return false;
    if (count > limits.commandArguments) {
      return this.#fail(requestErrors.argumentCount(count));
    }
    this.#argumentsLeft = Math.max(0, count);
    this.#expect = Expect.Header;
    return true;
  }

  #argumentHeader(buffer: Buffer, end: number): boolean {
    if (this.#at >= end) return false;
    if (buffer[this.#at] !== dollar) {
      const got = String.fromCharCode(buffer[this.#at] as number).replace(/[^ -~]/, '?');
      return this.#fail(requestErrors.protocol(`expected '$', got '${got}'`));
    }
    const length = this.#length(buffer, end, 'bulk length');
    if (length === undefined) return false;
    if (length < 0) return this.#fail(requestErrors.protocol('invalid bulk length'));
    if (length > this.inputLimitBytes && !this.#oversize(length)) return false;
    this.#expect = Expect.Body;
    const isDiverted = this.#divert(buffer, length);
    this.#bodyBytes = isDiverted ? 0 : length;
    return !isDiverted;
  }

  #oversize(length: number): boolean {
    if (this.inputLimitBytes < limits.valueBytes) return this.#fail(requestErrors.unauthenticated(this.inputLimitBytes));
    if (length > skippedBytes) {
      return this.#fail(requestErrors.bulkLength(length));
    }
    this.#oversizeBytes = length;
    this.#skip = length + 2;
    return false;
  }

  #argumentBody(buffer: Buffer, end: number): boolean {
    const start = this.#at;
    const bodyEnd = start + this.#bodyBytes;
    if (bodyEnd + 2 > end) return false;
    if (buffer[bodyEnd] !== carriageReturn || buffer[bodyEnd + 1] !== lineFeed) {
      return this.#fail(requestErrors.protocol('an argument is longer than announced'));
    }
    this.#args.add(start, bodyEnd);
    this.#at = bodyEnd + 2;
    return true;
  }

  /** Reads over an oversize argument; the arguments before it are forgotten, those behind are parsed and dropped. */
  #readOver(at: number, end: number): number {
    const taken = Math.min(this.#skip, end - at);
    this.#skip -= taken;
    if (this.#skip > 0) return end;
    this.#args.count = 0;
    this.#at = at + taken;
    this.#argumentsLeft--;
    this.#expect = Expect.Header;
    if (this.#argumentsLeft === 0) this.#finishOversize();
    return at + taken;
  }

  #finishOversize(): boolean {
    const bytes = this.#oversizeBytes;
    this.#oversizeBytes = 0;
    this.#diversion.abort();
    this.#expect = Expect.Command;
    this.#paused = !this.#handler.onOversize(requestErrors.valueLength(bytes));
    return !this.#paused;
  }

  #deliver(buffer: Buffer): boolean {
    if (this.#oversizeBytes > 0) return this.#finishOversize();
    if (this.#args.count === 0) return true;
    this.#args.buffer = buffer;
    if (!this.#handler.onCommand(this.#args)) this.#paused = true;
    return !this.#paused && !this.#ended;
  }

  /** The number behind the type byte at `#at`; undefined if its line is not whole, or malformed (then the parser has ended). */
  #length(buffer: Buffer, end: number, what: string): number | undefined {
    const outcome = this.#line.read(buffer, this.#at, end);
    if (outcome === 'malformed') this.#fail(requestErrors.protocol(`invalid ${what}`));
    if (outcome !== 'whole') return undefined;
    this.#at = this.#line.next;
    return this.#line.value;
  }

  #inline(buffer: Buffer, end: number): boolean {
    const found = buffer.indexOf(lineFeed, this.#at);
    const newLine = found < 0 || found >= end ? -1 : found;
    if ((newLine < 0 ? end : newLine) - this.#at > limits.inlineBytes) {
      return this.#fail(requestErrors.inline());
    }
    if (newLine < 0) return false;
    if (!addWords(this.#args, buffer, this.#at, newLine)) return this.#fail(requestErrors.quotes());
    this.#at = newLine + 1;
    return true;
  }

  #fail(error: SatchelError): false {
    this.end();
    this.#handler.onMalformed(error);
    return false;
  }
}
