// Original file: satchel/v1/control.proto


export interface ListJobsRequest {
  'namespace'?: (string);
  'ended'?: (boolean);
  'expired'?: (boolean);
}

export interface ListJobsRequest__Output {
  'namespace': (string);
  'ended': (boolean);
  'expired': (boolean);
}
