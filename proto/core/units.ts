import { SatchelError } from './errors.js';

const byteUnits: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
};
const countUnits: Record<string, number> = { '': 1, k: 1e3, M: 1e6 };
const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of `10GiB`, `64MB`, `512` or `1.5 MiB`: a whole number ≥ 0, or an `invalid-argument` error. */
export function parseBytes(text: string): number {
  return parseQuantity(text, byteUnits, 'B', 'a size such as 64MiB, 10GiB or 4096');
}

/** Bytes per second of `1GiB/s` or `100MB/s`. */
export function parseBytesPerSecond(text: string): number {
  return parseQuantity(text.replace(/\/s$/, ''), byteUnits, 'B', 'a rate such as 100MiB/s or 1GiB/s');
}

/** Requests per second of `5000/s`, `5k/s` or `5000`. */
export function parseRequestsPerSecond(text: string): number {
  return parseQuantity(text.replace(/\/s$/, ''), countUnits, '', 'a rate such as 5000/s or 20k/s');
}

/** Milliseconds of `500ms`, `60s`, `10m`, `2h`, `1d` or, without a unit, seconds. */
export function parseDurationMs(text: string): number {
  return parseQuantity(text, durationUnits, 's', 'a duration such as 500ms, 60s, 10m or 2h');
}

function parseQuantity(text: string, units: Record<string, number>, defaultUnit: string, wanted: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
  const factor = match ? units[match[2] || defaultUnit] : undefined;
  const value = match && factor !== undefined ? Math.round(Number(match[1]) * factor) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  const known = Object.keys(units).filter((unit) => unit !== '');
  const unit = match !== null && factor === undefined ? `; its unit is none of ${known.join(', ')}` : '';
  const size = factor === undefined ? '' : '; it is too large';
  throw new SatchelError('invalid-argument', `'${text}' is not ${wanted}${unit}${size}`);
}

const binaryUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `1.5 GiB`: at most one decimal, binary units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < binaryUnits.length - 1) {
    value /= 1024;
    unit++;
  }
  const digits = unit === 0 || Number.isInteger(value) || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${binaryUnits[unit]}`;
}

/** `42 µs`, `1.3 ms`, `2.0 s`, `3 min 20 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`;
  if (milliseconds < 1000) return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const minutes = Math.floor(milliseconds / 60_000);
  return `${minutes} min ${Math.round((milliseconds % 60_000) / 1000)} s`;
}

/** Dollars with enough digits to tell small jobs apart: `$0.000012`, `$1.25`. */
export function formatDollars(dollars: number): string {
  if (dollars === 0 || dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  if (dollars < 1e-9) return '< $0.000000001';
  return `$${dollars.toPrecision(2).includes('e') ? dollars.toFixed(9).replace(/0+$/, '') : dollars.toPrecision(2)}`;
}
