// Original file: satchel/v1/control.proto


export interface ListStagesRequest {
  'job'?: (string);
  'ended'?: (boolean);
}

export interface ListStagesRequest__Output {
  'job': (string);
  'ended': (boolean);
}
