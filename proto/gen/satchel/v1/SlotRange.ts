// Original file: satchel/v1/control.proto


export interface SlotRange {
  'start'?: (number);
  'shard'?: (number);
}

export interface SlotRange__Output {
  'start': (number);
  'shard': (number);
}
