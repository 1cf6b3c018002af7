// Original file: satchel/v1/control.proto


export interface WatchSlotMapRequest {
  'job'?: (string);
}

export interface WatchSlotMapRequest__Output {
  'job': (string);
}
