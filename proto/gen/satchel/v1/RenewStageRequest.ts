// Original file: satchel/v1/control.proto


export interface RenewStageRequest {
  'job'?: (string);
  'stage'?: (string);
}

export interface RenewStageRequest__Output {
  'job': (string);
  'stage': (string);
}
