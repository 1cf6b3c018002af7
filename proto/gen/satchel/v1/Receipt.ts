// Original file: satchel/v1/control.proto

import type { Usage as _satchel_v1_Usage, Usage__Output as _satchel_v1_Usage__Output } from '../../satchel/v1/Usage.js';
import type { ReceiptLine as _satchel_v1_ReceiptLine, ReceiptLine__Output as _satchel_v1_ReceiptLine__Output } from '../../satchel/v1/ReceiptLine.js';

export interface Receipt {
  'job'?: (string);
  'namespace'?: (string);
  'month'?: (string);
  'usage'?: (_satchel_v1_Usage | null);
  'lines'?: (_satchel_v1_ReceiptLine)[];
  'dollars'?: (number | string);
  'prices'?: (string);
  'peakBytesPerSecond'?: (number | string);
  'peakRequestsPerSecond'?: (number | string);
  'months'?: (string)[];
}

export interface Receipt__Output {
  'job': (string);
  'namespace': (string);
  'month': (string);
  'usage': (_satchel_v1_Usage__Output | null);
  'lines': (_satchel_v1_ReceiptLine__Output)[];
  'dollars': (number);
  'prices': (string);
  'peakBytesPerSecond': (number);
  'peakRequestsPerSecond': (number);
  'months': (string)[];
}
