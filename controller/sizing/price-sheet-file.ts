import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SatchelError } from '@satchel/proto/core';
import { parseDocument } from 'yaml';
import { completePriceSheet, type PriceSheet, priceSheetSchema } from './price-sheet.js';

let defaultSheet: PriceSheet | undefined;

/** The public list prices that come with the controller; read once. */
export function defaultPriceSheet(): PriceSheet {
  defaultSheet ??= readPriceSheet(defaultFile());
  return defaultSheet;
}

/** Reads a price sheet; throws `invalid-argument` naming the file and what is wrong in it. */
export function readPriceSheet(file: string): PriceSheet {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SatchelError('invalid-argument', `the price sheet cannot be read: ${String(error)}`, { cause: error });
  }
  return parsePriceSheet(text, file);
}

/** The price sheet in a YAML text; throws `invalid-argument` naming `file`, the entry, its value and what is wrong with it. */
export function parsePriceSheet(text: string, file: string): PriceSheet {
  const refuse = (what: string) =>
    new SatchelError('invalid-argument', `price sheet ${file}: ${what}; docs/sizing.md tells the format`);
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake !== undefined) throw refuse(mistake.message.split('\n')[0] ?? 'is not YAML');
  const content: unknown = document.toJS();
  const parsed = priceSheetSchema.safeParse(content);
  if (parsed.success) return completePriceSheet(parsed.data);
  const [issue] = parsed.error.issues;
  throw refuse(issue === undefined ? 'is wrong' : `${pathText(issue.path)} (${valueText(content, issue.path)}) ${issue.message}`);
}

function pathText(path: readonly PropertyKey[]): string {
  return (
    path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`)).join('') ||
    'the whole'
  );
}

function valueText(content: unknown, path: readonly PropertyKey[]): string {
  let value = content;
  for (const part of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
  const text = value === undefined ? 'not given' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** The default lies beside the controller's sources; compiled code is one folder deeper. */
function defaultFile(): string {
  const beside = fileURLToPath(new URL('../prices.yaml', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../prices.yaml', import.meta.url));
}
