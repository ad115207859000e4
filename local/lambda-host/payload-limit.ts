import { failure } from "./lambda-error.js";

/** Bytes of JSON that a synchronous call may hand over: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const maxRequestBytes = 6 * 1024 * 1024;

/** Bytes of JSON that a function may return; Lambda's own error names this number. */
export const maxResponseBytes = 6_291_556;

/** Throws what Step Functions makes of the refusal of Lambda's `Invoke`. */
export function checkRequestSize(json: string): void {
  if (Buffer.byteLength(json) <= maxRequestBytes) return;
  throw failure(
    "Lambda.RequestTooLargeException",
    `Request must be smaller than ${maxRequestBytes} bytes for the InvokeFunction operation`,
  );
}

/** Throws what Lambda reports in place of a result that is too large. */
export function checkResponseSize(json: string): void {
  if (Buffer.byteLength(json) <= maxResponseBytes) return;
  throw failure(
    "Function.ResponseSizeTooLarge",
    `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
  );
}
