// Original file: satchel/v1/control.proto


export interface DrainNodeRequest {
  'node'?: (string);
}

export interface DrainNodeRequest__Output {
  'node': (string);
}
