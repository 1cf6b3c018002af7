import { formatDollars, type UsageTotals } from '@satchel/proto/core';
import type { Allocation } from './model.js';

/** What storage costs, in dollars. */
export interface PriceSheet {
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
 * Raw prices in us-east-1, on demand, as of 2026-07-20 (EC2, from the AWS price API) and 2025-10-28 (S3):
 * - dram: r6g, 0.1008 $/h for 16 GiB.
 * - ssd: i3en.large, 0.226 $/h for 1,250 GB of NVMe.
 * - object: S3 Standard, 0.023 $ per GB-month; requests as PUT, 5 $ per million, the dearest kind.
 */
export const priceSheet: PriceSheet = {
  dramGiBHour: 0.1008 / 16,
  ssdGiBHour: (0.226 / 1250) * gigabytesPerGiB,
  objectGiBHour: (0.023 * gigabytesPerGiB) / hoursPerMonth,
  objectMillionRequests: 5,
};

/** What holding an allocation costs per hour, requests aside. */
export function dollarsPerHour(
  bytes: Pick<Allocation, 'dramBytes' | 'ssdBytes' | 'objectBytes'>,
  prices: PriceSheet = priceSheet,
): number {
  return (
    (bytes.dramBytes * prices.dramGiBHour + bytes.ssdBytes * prices.ssdGiBHour + bytes.objectBytes * prices.objectGiBHour) / GiB
  );
}

/** What a job's use costs so far: byte-seconds of each tier and requests to the object store. */
export function receiptDollars(usage: UsageTotals, prices: PriceSheet = priceSheet): number {
  const held = dollarsPerHour(
    { dramBytes: usage.dramByteSeconds, ssdBytes: usage.ssdByteSeconds, objectBytes: usage.objectByteSeconds },
    prices,
  );
  return held / 3600 + (usage.objectRequests / 1e6) * prices.objectMillionRequests;
}

/** `0.1 GiB dram at $0.0063 …`: the prices behind {@link dollarsPerHour}, for a reason. */
export function describePrices(prices: PriceSheet = priceSheet): string {
  return `per GiB-hour dram ${formatDollars(prices.dramGiBHour)}, ssd ${formatDollars(prices.ssdGiBHour)}, object ${formatDollars(prices.objectGiBHour)}`;
}
