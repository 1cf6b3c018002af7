// Original file: satchel/v1/control.proto

import type { NamespaceLimits as _satchel_v1_NamespaceLimits, NamespaceLimits__Output as _satchel_v1_NamespaceLimits__Output } from '../../satchel/v1/NamespaceLimits.js';

export interface SetNamespaceRequest {
  'namespace'?: (string);
  'limits'?: (_satchel_v1_NamespaceLimits | null);
  'unset'?: (string)[];
}

export interface SetNamespaceRequest__Output {
  'namespace': (string);
  'limits': (_satchel_v1_NamespaceLimits__Output | null);
  'unset': (string)[];
}
