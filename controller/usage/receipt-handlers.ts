import { addUsage, noUsage, SatchelError, type UsageTotals } from '@satchel/proto/core';
import type * as wire from '@satchel/proto/gen';
import { usageMessage } from '@satchel/proto/rpc';
import type { Jobs } from '../jobs.js';
import type { PriceSheet } from '../sizing/price-sheet.js';
import { type UnaryParts, unary } from '../unary.js';
import { receiptOf } from './receipt.js';

interface ReceiptParts extends UnaryParts {
  readonly jobs: Jobs;
}

/** The method of the control API that says what a job or a namespace costs. */
export function receiptHandlers(parts: ReceiptParts): Pick<wire.JobsHandlers, 'GetReceipt'> {
  return {
    GetReceipt: unary(parts, 'GetReceipt', ({ job, namespace, month }) => {
      if ((job === '') === (namespace === '')) {
        throw new SatchelError('invalid-argument', 'a receipt is one of a job or of a namespace; name one of them');
      }
      return job === '' ? ofNamespace(parts.jobs, namespace, month) : ofJob(parts.jobs, job);
    }),
  };
}

function ofJob(jobs: Jobs, job: string): wire.Receipt {
  const { namespace } = jobs.table.known(job);
  const { bytesPerSecond, requestsPerSecond } = jobs.usage.peakRates(job);
  return {
    ...receipt(jobs.usage.total(job), jobs.planner.prices),
    job,
    namespace,
    peakBytesPerSecond: bytesPerSecond,
    peakRequestsPerSecond: requestsPerSecond,
  };
}

function ofNamespace(jobs: Jobs, namespace: string, month: string): wire.Receipt {
  if (month !== '' && !/^\d{4}-\d{2}$/.test(month)) {
    throw new SatchelError('invalid-argument', `month '${month}' is not one such as 2026-07`);
  }
  const months = jobs.usage.namespace(namespace);
  const asked = months.filter((one) => month === '' || one.month === month);
  const usage = asked.map((one) => one.usage).reduce(addUsage, noUsage);
  return { ...receipt(usage, jobs.planner.prices), namespace, month, months: months.map((one) => one.month) };
}

function receipt(usage: UsageTotals, prices: PriceSheet): wire.Receipt {
  const { lines, dollars, prices: basis } = receiptOf(usage, prices);
  return { usage: { ...usageMessage(usage), dollars }, lines: [...lines], dollars, prices: basis };
}
