// Original file: satchel/v1/control.proto


export interface ReceiptLine {
  'item'?: (string);
  'quantity'?: (number | string);
  'unit'?: (string);
  'dollarsPerUnit'?: (number | string);
  'dollars'?: (number | string);
}

export interface ReceiptLine__Output {
  'item': (string);
  'quantity': (number);
  'unit': (string);
  'dollarsPerUnit': (number);
  'dollars': (number);
}
