// Original file: satchel/v1/control.proto

import type { Long } from '@grpc/proto-loader';

export interface Hints {
  'capacityBytes'?: (number | string | Long);
  'throughputBytesPerSecond'?: (number | string | Long);
  'functions'?: (number);
  'latencySensitive'?: (boolean);
  'evict'?: (string);
  'replicas'?: (number);
  'requestsPerSecond'?: (number | string | Long);
  'valueBytes'?: (number | string | Long);
  'lifetimeSeconds'?: (number | string);
  '_capacityBytes'?: "capacityBytes";
  '_throughputBytesPerSecond'?: "throughputBytesPerSecond";
  '_functions'?: "functions";
  '_latencySensitive'?: "latencySensitive";
  '_evict'?: "evict";
  '_replicas'?: "replicas";
  '_requestsPerSecond'?: "requestsPerSecond";
  '_valueBytes'?: "valueBytes";
  '_lifetimeSeconds'?: "lifetimeSeconds";
}

export interface Hints__Output {
  'capacityBytes'?: (number);
  'throughputBytesPerSecond'?: (number);
  'functions'?: (number);
  'latencySensitive'?: (boolean);
  'evict'?: (string);
  'replicas'?: (number);
  'requestsPerSecond'?: (number);
  'valueBytes'?: (number);
  'lifetimeSeconds'?: (number);
  '_capacityBytes'?: "capacityBytes";
  '_throughputBytesPerSecond'?: "throughputBytesPerSecond";
  '_functions'?: "functions";
  '_latencySensitive'?: "latencySensitive";
  '_evict'?: "evict";
  '_replicas'?: "replicas";
  '_requestsPerSecond'?: "requestsPerSecond";
  '_valueBytes'?: "valueBytes";
  '_lifetimeSeconds'?: "lifetimeSeconds";
}
