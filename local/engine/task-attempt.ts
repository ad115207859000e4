import { StateError, TerminalStateError } from "./errors.js";
import { encodeStateData, maxCauseLength } from "./limits.js";
import { taskResources } from "./resources.js";
import type { Run } from "./run.js";
import type { JsonValue, Step } from "./step.js";
import { callAfter } from "./timer.js";

/** The run and state that an attempt belongs to. */
export interface TaskAttempt {
  run: Run;
  step: Step;
  /** The state's name. */
  state: string;
  region: string;
  /** Does the Task's work; rejects with a `StateError` that holds the error and cause that Step Functions would show. */
  perform: (step: Step, parameters: JsonValue) => Promise<unknown>;
}

/** One attempt of a Task. Its parameters and its result pass through JSON, as in a real call. */
export async function attemptTask(attempt: TaskAttempt, given: JsonValue): Promise<JsonValue> {
  const { run, step, state, region } = attempt;
  if (!step.resource) throw new Error(`the state ${state} has no resource`);
  const resource = taskResources[step.resource];
  const parameters = encodeStateData(given, `The parameters of the state '${state}'`);
  run.record("TaskScheduled", {
    taskScheduledEventDetails: {
      ...resource,
      region,
      parameters,
      ...(step.timeoutSeconds !== undefined && { timeoutInSeconds: step.timeoutSeconds }),
    },
  });
  run.record("TaskStarted", { taskStartedEventDetails: resource });

  let output: string;
  try {
    const result = await performInTime(attempt, JSON.parse(parameters));
    output = encodeStateData(result, `The state '${state}' returned a result that`);
  } catch (error) {
    run.check();
    if (error instanceof TimeoutError) {
      run.record("TaskTimedOut", { taskTimedOutEventDetails: { ...resource, error: error.name } });
      throw error;
    }
    const { name, message } = error instanceof StateError ? error : new StateError("Error", String(error));
    const cause = message.slice(0, maxCauseLength);
    run.record("TaskFailed", { taskFailedEventDetails: { ...resource, error: name, cause } });
    throw error instanceof TerminalStateError ? error : new StateError(name, cause);
  }
  run.record("TaskSucceeded", { taskSucceededEventDetails: { ...resource, output } });
  return JSON.parse(output);
}

/** Performs the work. Rejects with `States.Timeout` if it takes longer than the state allows. */
function performInTime({ run, step, perform }: TaskAttempt, parameters: JsonValue): Promise<unknown> {
  return run.wait<unknown>((resolve, reject) => {
    const cancel =
      step.timeoutSeconds === undefined
        ? () => {}
        : callAfter(step.timeoutSeconds * 1000, () => reject(new TimeoutError()));
    perform(step, parameters).finally(cancel).then(resolve, reject);
    return cancel;
  });
}

class TimeoutError extends StateError {
  constructor() {
    super("States.Timeout", "States.Timeout");
  }
}
