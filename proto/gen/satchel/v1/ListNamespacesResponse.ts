// Original file: satchel/v1/control.proto

import type { Namespace as _satchel_v1_Namespace, Namespace__Output as _satchel_v1_Namespace__Output } from '../../satchel/v1/Namespace.js';

export interface ListNamespacesResponse {
  'namespaces'?: (_satchel_v1_Namespace)[];
}

export interface ListNamespacesResponse__Output {
  'namespaces': (_satchel_v1_Namespace__Output)[];
}
