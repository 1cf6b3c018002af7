// Original file: satchel/v1/control.proto


export interface BeginStageRequest {
  'job'?: (string);
  'name'?: (string);
  'parent'?: (string);
  'leaseMs'?: (number);
  'prefix'?: (string);
}

export interface BeginStageRequest__Output {
  'job': (string);
  'name': (string);
  'parent': (string);
  'leaseMs': (number);
  'prefix': (string);
}
