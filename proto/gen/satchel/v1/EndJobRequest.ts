// Original file: satchel/v1/control.proto


export interface EndJobRequest {
  'job'?: (string);
}

export interface EndJobRequest__Output {
  'job': (string);
}
