import {
  parseBytes,
  parseBytesPerSecond,
  parseDurationMs,
  parseJobUrl,
  parseRequestsPerSecond,
  SatchelError,
} from '@satchel/proto/core';
import { InvalidArgumentError } from 'commander';
import { UsageError } from './exit-code.js';

/** Parsers of option values for commander: each returns the value or throws what makes it wrong usage. */

/** Bytes of `64MiB`. */
export const bytesArgument = (text: string): number => usage(() => parseBytes(text));

/** Bytes of `64MiB`, above 0. */
export const positiveBytesArgument = (text: string): number => positive(text, bytesArgument(text));

/** Bytes per second of `1GiB/s`, above 0. */
export const rateArgument = (text: string): number =>
  positive(
    text,
    usage(() => parseBytesPerSecond(text)),
  );

/** Requests per second of `5000/s`, above 0. */
export const requestRateArgument = (text: string): number =>
  positive(
    text,
    usage(() => parseRequestsPerSecond(text)),
  );

/** Milliseconds of `60s`, above 0. */
export const durationMsArgument = (text: string): number =>
  positive(
    text,
    usage(() => parseDurationMs(text)),
  );

/** Whole seconds of `60s`, above 0; a fraction of a second is refused. */
export function secondsArgument(text: string): number {
  const milliseconds = durationMsArgument(text);
  if (milliseconds % 1000 !== 0) throw new InvalidArgumentError(`'${text}' is not a whole number of seconds.`);
  return milliseconds / 1000;
}

/** A TCP port; 0 lets the system choose. */
export const portArgument = wholeNumber(0, 65_535);

/** Parser of whole numbers from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`'${text}' is not a whole number from ${least} to ${most}.`);
  };
}

/** `host:port`, also `[::1]:7400`. */
export function addressArgument(text: string): string {
  const match = /^(?:\[[^\]]+\]|[^:\s/]+):(\d+)$/.exec(text);
  if (match && Number(match[1]) > 0 && Number(match[1]) <= 65_535) return text;
  throw new InvalidArgumentError(`'${text}' is not host:port.`);
}

/** `host:port` of one controller, or of several with commas between. */
export function controllersArgument(text: string): string {
  for (const part of text.split(',')) addressArgument(part);
  return text;
}

/** A job's URL. */
export function jobUrlArgument(text: string): string {
  usage(() => parseJobUrl(text));
  return text;
}

/** A JSON text; returned as it was given. */
export function jsonArgument(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The value of an environment variable, read as an option's would be; one that is wrong is wrong usage. */
export function environmentValue<Value>(name: string, text: string, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    throw new UsageError(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function positive(text: string, value: number): number {
  if (value > 0) return value;
  throw new InvalidArgumentError(`'${text}' is not above 0.`);
}

function usage<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(`${SatchelError.from(error).message}.`);
  }
}
