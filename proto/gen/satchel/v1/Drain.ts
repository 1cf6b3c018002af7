// Original file: satchel/v1/control.proto


export interface Drain {
  'reason'?: (string);
  'leave'?: (boolean);
}

export interface Drain__Output {
  'reason': (string);
  'leave': (boolean);
}
