// Plain JavaScript, because the Lambdas' thread also imports it.
import { failure } from "./lambda-error.mjs";

/** Maximum payload of a synchronous call in bytes of JSON: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const maxRequestBytes = 6 * 1024 * 1024;

/** Maximum result of a function in bytes of JSON; Lambda's own error names this number. */
export const maxResponseBytes = 6_291_556;

/**
 * Throws the error that Step Functions raises if Lambda's `Invoke` refuses the payload.
 * @param {string} json
 */
export function checkRequestSize(json) {
  if (Buffer.byteLength(json) <= maxRequestBytes) return;
  throw failure(
    "Lambda.RequestTooLargeException",
    `Request must be smaller than ${maxRequestBytes} bytes for the InvokeFunction operation`,
  );
}

/**
 * Throws the error that Lambda reports if a result is too large.
 * @param {string} json
 */
export function checkResponseSize(json) {
  if (Buffer.byteLength(json) <= maxResponseBytes) return;
  throw failure(
    "Function.ResponseSizeTooLarge",
    `Response payload size exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
  );
}
