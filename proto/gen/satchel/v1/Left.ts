// Original file: satchel/v1/control.proto


export interface Left {
}

export interface Left__Output {
}
