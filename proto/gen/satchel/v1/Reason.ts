// Original file: satchel/v1/control.proto


export interface Reason {
  'field'?: (string);
  'value'?: (string);
  'because'?: (string);
}

export interface Reason__Output {
  'field': (string);
  'value': (string);
  'because': (string);
}
