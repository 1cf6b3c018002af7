// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Alternative {
  'name'?: (string);
  'chosen'?: (boolean);
  'dramBytes'?: (number | string | Long);
  'ssdBytes'?: (number | string | Long);
  'objectBytes'?: (number | string | Long);
  'dollarsPerHour'?: (number | string);
  'requestDollarsPerHour'?: (number | string);
  'dollarsPerJob'?: (number | string);
  'latencyMs'?: (number | string);
  'misses'?: (string)[];
  'bottleneck'?: (string);
  'because'?: (string);
  'short'?: (string)[];
}

export interface Alternative__Output {
  'name': (string);
  'chosen': (boolean);
  'dramBytes': (number);
  'ssdBytes': (number);
  'objectBytes': (number);
  'dollarsPerHour': (number);
  'requestDollarsPerHour': (number);
  'dollarsPerJob': (number);
  'latencyMs': (number);
  'misses': (string)[];
  'bottleneck': (string);
  'because': (string);
  'short': (string)[];
}
