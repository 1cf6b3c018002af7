// Original file: satchel/v1/control.proto


export interface ListDecisionsRequest {
  'subject'?: (string);
  'limit'?: (number);
}

export interface ListDecisionsRequest__Output {
  'subject': (string);
  'limit': (number);
}
