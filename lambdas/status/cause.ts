/**
 * The message of the error that ended or diverted a run. Step Functions passes on a Lambda's error as JSON with
 * `errorMessage`, but its own errors as plain text.
 */
export function messageOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: unknown };
    return typeof errorMessage === "string" ? errorMessage : cause;
  } catch {
    return cause;
  }
}
