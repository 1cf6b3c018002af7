// Original file: satchel/v1/control.proto

import type { NamespaceLimits as _satchel_v1_NamespaceLimits, NamespaceLimits__Output as _satchel_v1_NamespaceLimits__Output } from '../../satchel/v1/NamespaceLimits.js';
import type { Long } from '@grpc/proto-loader';

export interface Namespace {
  'namespace'?: (string);
  'limits'?: (_satchel_v1_NamespaceLimits | null);
  'jobs'?: (number);
  'bytes'?: (number | string | Long);
  'nodes'?: (number);
  'missingBytes'?: (number | string | Long);
  'share'?: (number | string);
}

export interface Namespace__Output {
  'namespace': (string);
  'limits': (_satchel_v1_NamespaceLimits__Output | null);
  'jobs': (number);
  'bytes': (number);
  'nodes': (number);
  'missingBytes': (number);
  'share': (number);
}
