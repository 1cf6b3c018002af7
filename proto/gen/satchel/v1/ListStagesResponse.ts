// Original file: satchel/v1/control.proto

import type { Stage as _satchel_v1_Stage, Stage__Output as _satchel_v1_Stage__Output } from '../../satchel/v1/Stage.js';

export interface ListStagesResponse {
  'stages'?: (_satchel_v1_Stage)[];
}

export interface ListStagesResponse__Output {
  'stages': (_satchel_v1_Stage__Output)[];
}
