// Original file: satchel/v1/control.proto

import type { FleetDirectory as _satchel_v1_FleetDirectory, FleetDirectory__Output as _satchel_v1_FleetDirectory__Output } from '../../satchel/v1/FleetDirectory.js';

export interface Welcome {
  'node'?: (string);
  'shards'?: (number)[];
  'publicKeyJwk'?: (string);
  'linkToken'?: (string);
  'directory'?: (_satchel_v1_FleetDirectory | null);
  'heartbeatMs'?: (number);
  'configures'?: (boolean);
}

export interface Welcome__Output {
  'node': (string);
  'shards': (number)[];
  'publicKeyJwk': (string);
  'linkToken': (string);
  'directory': (_satchel_v1_FleetDirectory__Output | null);
  'heartbeatMs': (number);
  'configures': (boolean);
}
