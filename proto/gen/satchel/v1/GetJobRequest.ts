// Original file: satchel/v1/control.proto


export interface GetJobRequest {
  'job'?: (string);
}

export interface GetJobRequest__Output {
  'job': (string);
}
