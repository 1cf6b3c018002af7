// Original file: satchel/v1/control.proto

import type { Figure as _satchel_v1_Figure, Figure__Output as _satchel_v1_Figure__Output } from '../../satchel/v1/Figure.js';
import type { Long } from '@grpc/proto-loader';

export interface Decision {
  'sequence'?: (number | string | Long);
  'atMs'?: (number | string);
  'kind'?: (string);
  'subject'?: (string);
  'figures'?: (_satchel_v1_Figure)[];
  'because'?: (string);
}

export interface Decision__Output {
  'sequence': (number);
  'atMs': (number);
  'kind': (string);
  'subject': (string);
  'figures': (_satchel_v1_Figure__Output)[];
  'because': (string);
}
