// Original file: satchel/v1/control.proto


export interface ShardListen {
  'index'?: (number);
  'endpointPort'?: (number);
  'directPort'?: (number);
  'socket'?: (string);
  'contents'?: (string);
}

export interface ShardListen__Output {
  'index': (number);
  'endpointPort': (number);
  'directPort': (number);
  'socket': (string);
  'contents': (string);
}
