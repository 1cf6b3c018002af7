// Original file: satchel/v1/control.proto


export interface PreviousOwner {
  'start'?: (number);
  'end'?: (number);
  'shard'?: (number);
  'epoch'?: (number);
  'lost'?: (boolean);
}

export interface PreviousOwner__Output {
  'start': (number);
  'end': (number);
  'shard': (number);
  'epoch': (number);
  'lost': (boolean);
}
