// Original file: satchel/v1/control.proto


export interface Rejected {
  'reason'?: (string);
}

export interface Rejected__Output {
  'reason': (string);
}
