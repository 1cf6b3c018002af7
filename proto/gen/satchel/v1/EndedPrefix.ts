// Original file: satchel/v1/control.proto


export interface EndedPrefix {
  'serial'?: (number);
  'prefix'?: (string);
  'pending'?: (boolean);
}

export interface EndedPrefix__Output {
  'serial': (number);
  'prefix': (string);
  'pending': (boolean);
}
