// Original file: satchel/v1/control.proto


export interface ListNamespacesRequest {
  'namespace'?: (string);
}

export interface ListNamespacesRequest__Output {
  'namespace': (string);
}
