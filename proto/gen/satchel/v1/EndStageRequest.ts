// Original file: satchel/v1/control.proto


export interface EndStageRequest {
  'job'?: (string);
  'stage'?: (string);
}

export interface EndStageRequest__Output {
  'job': (string);
  'stage': (string);
}
