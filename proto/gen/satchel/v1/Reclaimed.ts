// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Reclaimed {
  'objects'?: (number | string | Long);
  'bytes'?: (number | string | Long);
}

export interface Reclaimed__Output {
  'objects': (number);
  'bytes': (number);
}
