import type { UsageTotals } from '@satchel/proto/core';
import { unitPricesOf } from '../prices.js';
import { type PriceSheet, pricesText } from '../sizing/price-sheet.js';

/** One thing that is charged. */
export interface ReceiptLine {
  readonly item: 'dram' | 'ssd' | 'object' | 'object-requests';
  readonly quantity: number;
  readonly unit: 'GiB-hours' | 'requests';
  readonly dollarsPerUnit: number;
  readonly dollars: number;
}

/** What a use costs, by which prices. */
export interface Receipt {
  readonly lines: readonly ReceiptLine[];
  /** The sum of the lines. */
  readonly dollars: number;
  /** Where the prices are from, and of which dates. */
  readonly prices: string;
}

const gibHour = 2 ** 30 * 3600;

/** The receipt of a use: bytes of each tier over time, and requests to the object store. */
export function receiptOf(usage: UsageTotals, sheet: PriceSheet): Receipt {
  const prices = unitPricesOf(sheet);
  const held = (item: 'dram' | 'ssd' | 'object', byteSeconds: number, dollarsPerUnit: number) =>
    line(item, byteSeconds / gibHour, 'GiB-hours', dollarsPerUnit);
  const lines = [
    held('dram', usage.dramByteSeconds, prices.dramGiBHour),
    held('ssd', usage.ssdByteSeconds, prices.ssdGiBHour),
    held('object', usage.objectByteSeconds, prices.objectGiBHour),
    line('object-requests', usage.objectRequests, 'requests', prices.objectMillionRequests / 1e6),
  ];
  return { lines, dollars: lines.reduce((sum, { dollars }) => sum + dollars, 0), prices: pricesText(sheet) };
}

function line(item: ReceiptLine['item'], quantity: number, unit: ReceiptLine['unit'], dollarsPerUnit: number): ReceiptLine {
  return { item, quantity, unit, dollarsPerUnit, dollars: quantity * dollarsPerUnit };
}
