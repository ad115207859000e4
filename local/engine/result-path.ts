import { StateError } from "./errors.js";

/**
 * Throws `States.ResultPathMatchFailure` if a `ResultPath` ("$.name.name"; null and "$" always fit) cannot be applied to
 * a state's input because a value on the path is not an object. aws-local-stepfunctions would overwrite that value.
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultpath.html
 */
export function checkResultPath(path: unknown, input: unknown): void {
  if (typeof path !== "string" || path === "$") return;
  let place = input;
  for (const name of path.split(".").slice(1)) {
    if (typeof place !== "object" || place === null || Array.isArray(place)) {
      throw new StateError(
        "States.ResultPathMatchFailure",
        `Unable to apply step "${name}" to input ${JSON.stringify(place)}`,
      );
    }
    if (!Object.hasOwn(place, name)) return;
    place = (place as Record<string, unknown>)[name];
  }
}
