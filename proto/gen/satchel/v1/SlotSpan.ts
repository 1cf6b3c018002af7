// Original file: satchel/v1/control.proto


export interface SlotSpan {
  'start'?: (number);
  'end'?: (number);
}

export interface SlotSpan__Output {
  'start': (number);
  'end': (number);
}
