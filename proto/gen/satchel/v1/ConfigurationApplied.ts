// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface ConfigurationApplied {
  'sequence'?: (number | string | Long);
}

export interface ConfigurationApplied__Output {
  'sequence': (number);
}
