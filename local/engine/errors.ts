/** The Step Functions API errors that the engine throws, under the API's own names. */
export type EngineErrorName =
  | "ExecutionAlreadyExists"
  | "ExecutionDoesNotExist"
  | "ExecutionNotRedrivable"
  | "InvalidArn"
  | "InvalidDefinition"
  | "InvalidExecutionInput"
  | "InvalidName"
  | "InvalidToken"
  | "StateMachineDoesNotExist";

/** A request that the engine refuses. https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html */
export class EngineError extends Error {
  override readonly name: EngineErrorName;

  constructor(name: EngineErrorName, message: string) {
    super(message);
    this.name = name;
  }
}

/** The error of a failed Task: `ErrorEquals` matches its `name`, and its `message` is the Cause. */
export class StateError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/**
 * An error that ends the execution: no `Retry` and no `Catch` matches it, not even `States.ALL`. The two flags
 * mark such errors in aws-local-stepfunctions.
 */
export class TerminalStateError extends StateError {
  readonly isRetryable = false;
  readonly isCatchable = false;
}

/** The names of the errors that no `Retry` and no `Catch` matches. */
const terminalNames = ["States.Runtime", "States.DataLimitExceeded"];

/** An error from an execution's history, with the meaning that it had when it was thrown. */
export function recordedError(name: string, cause: string): StateError {
  return terminalNames.includes(name) ? new TerminalStateError(name, cause) : new StateError(name, cause);
}
