// Original file: satchel/v1/control.proto


export interface Shard {
  'shard'?: (number);
  'node'?: (string);
  'host'?: (string);
  'endpointPort'?: (number);
  'directPort'?: (number);
  'socket'?: (string);
  'state'?: (string);
}

export interface Shard__Output {
  'shard': (number);
  'node': (string);
  'host': (string);
  'endpointPort': (number);
  'directPort': (number);
  'socket': (string);
  'state': (string);
}
