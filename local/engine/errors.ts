/** The errors of the Step Functions API that the engine answers with, by the API's own names. */
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

/** What a Task ends with in an execution: `name` is what `ErrorEquals` matches, `message` the Cause. */
export class StateError extends Error {
  constructor(name: string, cause: string) {
    super(cause);
    this.name = name;
  }
}

/**
 * An error that ends the execution: no `Retry` and no `Catch` takes it, not even by `States.ALL`. The two flags
 * are how aws-local-stepfunctions marks its own errors of this kind.
 */
export class TerminalStateError extends StateError {
  readonly isRetryable = false;
  readonly isCatchable = false;
}
