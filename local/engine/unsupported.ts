import { taskResources } from "./resources.js";
import type { Definition, StateDefinition } from "./schema.js";

/**
 * Finds parts of a definition that AWS rejects or runs correctly, but that neither asl-validator nor
 * aws-local-stepfunctions (3.0.0) detects. The execution would continue with wrong data. The library's own list:
 * https://github.com/nibble-4bits/aws-local-stepfunctions/blob/main/docs/feature-support.md
 */
export function findUnsupported(definition: Definition): string[] {
  const faults: string[] = [];
  if (isOtherLanguage(definition)) faults.push("QueryLanguage: only JSONPath is supported here");
  for (const [name, state] of Object.entries(definition.States)) {
    for (const fault of stateFaults(state)) faults.push(`state "${name}": ${fault}`);
  }
  return faults;
}

/** Fields that change a state's behaviour and that the library ignores. */
const ignoredFields = [
  "Assign",
  "Arguments",
  "Output",
  "Credentials",
  "HeartbeatSeconds",
  "HeartbeatSecondsPath",
  "TimeoutSecondsPath",
];

function* stateFaults(state: StateDefinition): Generator<string> {
  if (state.Type === "Parallel" || state.Type === "Map") {
    yield `${state.Type} states are not supported here`;
    return;
  }
  if (isOtherLanguage(state)) yield "QueryLanguage: only JSONPath is supported here";
  for (const field of ignoredFields) {
    if (field in state) yield `${field} is not supported here`;
  }
  if (state.Type === "Task" && !Object.hasOwn(taskResources, String(state.Resource))) {
    yield `Resource ${state.Resource} is not supported here, only ${Object.keys(taskResources).join(" and ")}`;
  }
  for (const field of ["ErrorPath", "CausePath"]) {
    const path = state[field];
    if (typeof path === "string" && path.startsWith("States.")) {
      yield `${field} with an intrinsic function is not supported here`;
    }
  }
  yield* resultPathFaults("ResultPath", state.ResultPath);
  for (const rule of records(state.Choices)) yield* ruleFaults(rule);
  for (const catcher of records(state.Catch)) {
    yield* resultPathFaults("Catch: ResultPath", catcher.ResultPath);
    if ("Assign" in catcher) yield "Catch: Assign is not supported here";
    // The engine's own timeouts would match it, and AWS's don't.
    if (Array.isArray(catcher.ErrorEquals) && catcher.ErrorEquals.includes("States.TaskFailed")) {
      yield "Catch: States.TaskFailed is not supported here, write States.ALL";
    }
  }
  yield* wildcardFaults("Retry", records(state.Retry));
  yield* wildcardFaults("Catch", records(state.Catch));
  for (const retrier of records(state.Retry)) {
    if (typeof retrier.BackoffRate === "number" && retrier.BackoffRate < 1) {
      yield "Retry: BackoffRate must be at least 1";
    }
    if (!["FULL", "NONE", undefined].includes(retrier.JitterStrategy as string | undefined)) {
      yield "Retry: JitterStrategy must be FULL or NONE";
    }
  }
  for (const expression of pathExpressions(state)) yield* expressionFaults(expression);
}

function* resultPathFaults(field: string, path: unknown): Generator<string> {
  if (path === undefined || path === null || path === "$") return;
  if (typeof path === "string" && /^\$\.[^[\]]+$/.test(path)) return;
  yield `${field} ${JSON.stringify(path)} is not supported here, only null, "$" and "$.name.name"`;
}

/** "States.ALL must appear alone and in the last": https://states-language.net/#appendix-a */
function* wildcardFaults(field: string, entries: Record<string, unknown>[]): Generator<string> {
  for (const [index, entry] of entries.entries()) {
    const errors = Array.isArray(entry.ErrorEquals) ? entry.ErrorEquals : [];
    if (errors.includes("States.ALL") && (errors.length > 1 || index < entries.length - 1)) {
      yield `${field}: States.ALL must stand alone and in the last entry`;
    }
  }
}

function* ruleFaults(rule: Record<string, unknown>): Generator<string> {
  if ("Assign" in rule) yield "Choices: Assign is not supported here";
  for (const [operator, operand] of Object.entries(rule)) {
    if (operator.startsWith("Is") && operand === false) {
      yield `${operator}: false is not supported here, write Not { ${operator}: true }`;
    }
    if (operator === "StringMatches" && typeof operand === "string" && /[?[\]{}()!+@]/.test(operand)) {
      yield `StringMatches ${JSON.stringify(operand)}: no wildcard but * is supported here`;
    }
    if (operator === "And" || operator === "Or")
      for (const inner of records(operand)) yield* ruleFaults(inner);
    if (operator === "Not") for (const inner of records([operand])) yield* ruleFaults(inner);
  }
}

function* expressionFaults(expression: string): Generator<string> {
  if (/\$\$(?!\.(Execution|StateMachine)\.)/.test(expression) && expression !== "$$.State.RetryCount") {
    yield `${expression}: of the context object, only $$.Execution.…, $$.StateMachine.… and $$.State.RetryCount alone are supported here`;
  }
  for (const name of ["States.JsonMerge", "States.JsonToString"]) {
    if (expression.includes(`${name}(`)) yield `${expression}: ${name} is not supported here`;
  }
  if (
    expression.includes("States.StringSplit(") &&
    !/States\.StringSplit\([^']*,\s*'[^'\\]'\s*\)/.test(expression)
  ) {
    yield `${expression}: States.StringSplit takes one character to split at here`;
  }
}

/** All strings of a state that are paths or intrinsic functions. */
function* pathExpressions(value: unknown, key = ""): Generator<string> {
  if (typeof value === "string") {
    if (isPathKey(key)) yield value;
  } else if (typeof value === "object" && value !== null) {
    for (const [innerKey, inner] of Object.entries(value)) {
      // The Result of a Pass state is data, even if it looks like a path.
      if (innerKey !== "Result") yield* pathExpressions(inner, innerKey);
    }
  }
}

export function isPathKey(key: string): boolean {
  return key.endsWith(".$") || key.endsWith("Path") || key === "Variable";
}

function isOtherLanguage(holder: Record<string, unknown>): boolean {
  return "QueryLanguage" in holder && holder.QueryLanguage !== "JSONPath";
}

function records(value: unknown): Record<string, unknown>[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (entry): entry is Record<string, unknown> => typeof entry === "object" && entry !== null,
  );
}
