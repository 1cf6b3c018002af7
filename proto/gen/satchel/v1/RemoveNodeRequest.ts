// Original file: satchel/v1/control.proto


export interface RemoveNodeRequest {
  'node'?: (string);
  'lost'?: (boolean);
}

export interface RemoveNodeRequest__Output {
  'node': (string);
  'lost': (boolean);
}
