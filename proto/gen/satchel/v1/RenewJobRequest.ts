// Original file: satchel/v1/control.proto


export interface RenewJobRequest {
  'job'?: (string);
}

export interface RenewJobRequest__Output {
  'job': (string);
}
