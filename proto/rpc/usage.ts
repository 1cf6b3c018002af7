import { noUsage, type UsageTotals } from '../core/index.js';
import type { Usage__Output } from '../gen/index.js';

/** Usage as it travels; dollars are the controller's to add. Spelled out because nodes do this for every job of every heartbeat. */
export function usageMessage(usage: UsageTotals): Omit<Usage__Output, 'dollars'> {
  return {
    dram: { bytes: usage.dramBytes, byteSeconds: usage.dramByteSeconds },
    ssd: { bytes: usage.ssdBytes, byteSeconds: usage.ssdByteSeconds },
    object: { bytes: usage.objectBytes, byteSeconds: usage.objectByteSeconds },
    bytesIn: usage.bytesIn,
    bytesOut: usage.bytesOut,
    requests: usage.requests,
    localReads: usage.localReads,
    localBytes: usage.localBytes,
    peakBytes: usage.peakBytes,
    objects: usage.objects,
    objectRequests: usage.objectRequests,
    persistedBytes: usage.persistedBytes,
  };
}

/** Usage as it came; absent is zero. */
export function readUsage(usage: Usage__Output | null): UsageTotals {
  if (usage === null) return noUsage;
  return {
    dramBytes: usage.dram?.bytes ?? 0,
    ssdBytes: usage.ssd?.bytes ?? 0,
    objectBytes: usage.object?.bytes ?? 0,
    dramByteSeconds: usage.dram?.byteSeconds ?? 0,
    ssdByteSeconds: usage.ssd?.byteSeconds ?? 0,
    objectByteSeconds: usage.object?.byteSeconds ?? 0,
    bytesIn: usage.bytesIn,
    bytesOut: usage.bytesOut,
    requests: usage.requests,
    localReads: usage.localReads,
    localBytes: usage.localBytes,
    peakBytes: usage.peakBytes,
    objects: usage.objects,
    objectRequests: usage.objectRequests,
    persistedBytes: usage.persistedBytes,
  };
}
