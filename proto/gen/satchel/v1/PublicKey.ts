// Original file: satchel/v1/control.proto


export interface PublicKey {
  'publicKeyJwk'?: (string);
}

export interface PublicKey__Output {
  'publicKeyJwk': (string);
}
