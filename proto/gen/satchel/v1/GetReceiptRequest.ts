// Original file: satchel/v1/control.proto


export interface GetReceiptRequest {
  'job'?: (string);
  'namespace'?: (string);
  'month'?: (string);
}

export interface GetReceiptRequest__Output {
  'job': (string);
  'namespace': (string);
  'month': (string);
}
