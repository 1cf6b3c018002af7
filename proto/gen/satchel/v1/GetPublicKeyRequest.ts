// Original file: satchel/v1/control.proto


export interface GetPublicKeyRequest {
}

export interface GetPublicKeyRequest__Output {
}
