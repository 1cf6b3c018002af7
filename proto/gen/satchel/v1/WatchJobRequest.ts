// Original file: satchel/v1/control.proto


export interface WatchJobRequest {
  'job'?: (string);
}

export interface WatchJobRequest__Output {
  'job': (string);
}
