import { formatDollars } from '@satchel/proto/core';
import type { Receipt__Output } from '@satchel/proto/gen';
import { table } from './output.js';

/** What is charged, for people: a line each, their sum, and where the prices are from. */
export function chargesText({ lines, dollars, prices }: Receipt__Output): string {
  const rows = lines.map((line) => [
    line.item,
    line.unit === 'requests' ? String(line.quantity) : line.quantity.toPrecision(3),
    line.unit,
    formatDollars(line.dollarsPerUnit),
    formatDollars(line.dollars),
  ]);
  const charges = table(
    ['ITEM', 'QUANTITY', 'UNIT', 'PRICE', 'CHARGE'],
    [...rows, ['sum', '', '', '', formatDollars(dollars)]],
    '',
  );
  return `${charges}\n\n${prices}`;
}
