// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface EndJobOnNode {
  'job'?: (string);
  'sequence'?: (number | string | Long);
  'refuseUntilMs'?: (number | string);
}

export interface EndJobOnNode__Output {
  'job': (string);
  'sequence': (number);
  'refuseUntilMs': (number);
}
