// Original file: satchel/v1/control.proto


export interface ShardChanged {
  'shard'?: (number);
  'state'?: (string);
}

export interface ShardChanged__Output {
  'shard': (number);
  'state': (string);
}
