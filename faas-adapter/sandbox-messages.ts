/** What is sent to a sandbox process over its IPC channel. */
export interface InvokeMessage {
  readonly kind: 'invoke';
  readonly requestId: string;
  /** JSON text of the event. */
  readonly event: string;
  /** URL of the invocation's job; absent: the function's own environment decides. */
  readonly satchelUrl: string | undefined;
  /** JSON text of the caller's ClientContext. */
  readonly clientContext: string | undefined;
  readonly deadlineMs: number;
}

/** Why a handler or its module failed, in AWS Lambda's terms. */
export interface FunctionFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What a sandbox process answers. */
export type SandboxMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'load-failed'; readonly failure: FunctionFailure }
  | { readonly kind: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'failure'; readonly requestId: string; readonly failure: FunctionFailure };

/** What a sandbox process is told about itself at its start, as JSON in one environment variable. */
export interface SandboxSetup {
  readonly functionName: string;
  readonly code: string;
  readonly handler: string;
  readonly memoryMiB: number;
  /** Ends the output of a call on stdout and stderr; a line that user code cannot guess. */
  readonly endMarker: string;
}

export const setupVariable = 'SATCHEL_SANDBOX_SETUP';
/** Descriptor of a pipe whose other end the functions process holds: when it closes, the sandbox goes. */
export const lifelineDescriptor = 4;
