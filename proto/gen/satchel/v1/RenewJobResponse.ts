// Original file: satchel/v1/control.proto


export interface RenewJobResponse {
  'leaseSeconds'?: (number);
  'expiresAtMs'?: (number | string);
  'token'?: (string);
}

export interface RenewJobResponse__Output {
  'leaseSeconds': (number);
  'expiresAtMs': (number);
  'token': (string);
}
