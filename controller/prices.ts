import type { UsageTotals } from '@satchel/proto/core';
import type { Allocation } from './model.js';
import type { ObjectPrice, PriceSheet } from './sizing/price-sheet.js';
import { defaultPriceSheet } from './sizing/price-sheet-file.js';

/** What a receipt charges, in dollars. */
export interface UnitPrices {
  readonly dramGiBHour: number;
  readonly ssdGiBHour: number;
  readonly objectGiBHour: number;
  /** Charged for every request to the object store. */
  readonly objectMillionRequests: number;
}

const GiB = 2 ** 30;
const gigabytesPerGiB = GiB / 1e9;
const hoursPerMonth = 730;

/**
 * Prices of single GiB-hours: of each tier those of the node on which it is cheapest, taken alone; of the object tier the store's. Requests
 * are charged as puts, the dearest kind.
 */
export function unitPricesOf(sheet: PriceSheet): UnitPrices {
  const cheapest = (bytesOf: (node: PriceSheet['nodes'][number]) => number) => {
    const prices = sheet.nodes.flatMap((node) => (bytesOf(node) > 0 ? [(node.dollarsPerHour * GiB) / bytesOf(node)] : []));
    return prices.length === 0 ? 0 : Math.min(...prices);
  };
  const [object]: readonly [ObjectPrice, ...ObjectPrice[]] = sheet.objects;
  return {
    dramGiBHour: cheapest(({ dramBytes }) => dramBytes),
    ssdGiBHour: cheapest(({ ssdBytes }) => ssdBytes),
    objectGiBHour: (object.dollarsPerGBMonth * gigabytesPerGiB) / hoursPerMonth,
    objectMillionRequests: Math.max(object.dollarsPerMillionPuts, object.dollarsPerMillionGets),
  };
}

/** Those of the list prices that come with the controller. */
export function defaultUnitPrices(): UnitPrices {
  return unitPricesOf(defaultPriceSheet());
}

/** What holding bytes costs per hour, requests aside. */
export function dollarsPerHour(
  bytes: Pick<Allocation, 'dramBytes' | 'ssdBytes' | 'objectBytes'>,
  prices: UnitPrices = defaultUnitPrices(),
): number {
  return (
    (bytes.dramBytes * prices.dramGiBHour + bytes.ssdBytes * prices.ssdGiBHour + bytes.objectBytes * prices.objectGiBHour) / GiB
  );
}

/** What a job's use costs so far: byte-seconds of each tier and requests to the object store. */
export function receiptDollars(usage: UsageTotals, prices: UnitPrices = defaultUnitPrices()): number {
  const held = dollarsPerHour(
    { dramBytes: usage.dramByteSeconds, ssdBytes: usage.ssdByteSeconds, objectBytes: usage.objectByteSeconds },
    prices,
  );
  return held / 3600 + (usage.objectRequests / 1e6) * prices.objectMillionRequests;
}
