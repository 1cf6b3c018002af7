// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface NamespaceLimits {
  'jobs'?: (number | string | Long);
  'bytes'?: (number | string | Long);
  'nodes'?: (number);
  'weight'?: (number | string);
  '_jobs'?: "jobs";
  '_bytes'?: "bytes";
  '_nodes'?: "nodes";
  '_weight'?: "weight";
}

export interface NamespaceLimits__Output {
  'jobs'?: (number);
  'bytes'?: (number);
  'nodes'?: (number);
  'weight'?: (number);
  '_jobs'?: "jobs";
  '_bytes'?: "bytes";
  '_nodes'?: "nodes";
  '_weight'?: "weight";
}
