import { formatBytes } from '@satchel/proto/core';
import type { Figure } from '../model.js';
import { type Dimension, dimensions, fullest } from './amounts.js';
import type { FleetLoad, FleetSnapshot } from './snapshot.js';

/** Everything a decision on the fleet's size went by: per dimension what is taken, used, reserved, missing and there. */
export function figuresOf({ nodes, starting, missing, jobsMissing }: FleetSnapshot, load: FleetLoad): Figure[] {
  const draining = nodes.filter((node) => node.draining !== undefined).length;
  return [
    { name: 'nodes', value: nodes.length - draining },
    { name: 'starting', value: starting.length },
    { name: 'draining', value: draining },
    { name: 'jobsMissing', value: jobsMissing },
    ...dimensions.flatMap((dimension) => [
      { name: `${dimension}Part`, value: rounded(load.parts[dimension]) },
      { name: `${dimension}Used`, value: rounded(load.used[dimension]) },
      { name: `${dimension}Reserved`, value: rounded(load.reserved[dimension]) },
      { name: `${dimension}Missing`, value: rounded(missing[dimension]) },
      { name: `${dimension}Capacity`, value: rounded(load.capacity[dimension]) },
    ]),
  ];
}

/** `dram 84 % taken (used 10 MiB, reserved 54 MiB of 64 MiB)`: the fullest dimension. */
export function describeLoad({ parts, used, reserved, capacity }: FleetLoad): string {
  const { dimension, part } = fullest(parts);
  const [a, b, c] = [used, reserved, capacity].map((amounts) => amountText(dimension, amounts[dimension]));
  return `${dimension} ${percent(part)} taken (used ${a}, reserved ${b} of ${c})`;
}

/** `84 %`. */
export function percent(part: number): string {
  return Number.isFinite(part) ? `${Math.round(part * 100)} %` : 'more than all';
}

function amountText(dimension: Dimension, amount: number): string {
  if (dimension === 'cpu') return `${amount.toFixed(2)} cores`;
  return dimension === 'network' ? `${formatBytes(Math.round(amount))}/s` : formatBytes(Math.round(amount));
}

/** Three digits after the point; JSON knows no infinity. */
function rounded(value: number): number {
  return Number.isFinite(value) ? Math.round(value * 1000) / 1000 : Number.MAX_SAFE_INTEGER;
}
