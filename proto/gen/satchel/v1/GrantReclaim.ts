// Original file: satchel/v1/control.proto


export interface GrantReclaim {
  'job'?: (string);
  'shard'?: (number);
}

export interface GrantReclaim__Output {
  'job': (string);
  'shard': (number);
}
