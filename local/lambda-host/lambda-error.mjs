// Plain JavaScript, because the Lambdas' thread also imports it.

/**
 * Lambda's answer when a function throws: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 * @typedef {{ errorType: string, errorMessage: string, trace: string[] }} LambdaErrorBody
 */

/** The error of a failed Lambda. Its `name` is the Lambda `errorType`, which `Retry` and `Catch` match. */
export class LambdaError extends Error {
  /** @param {LambdaErrorBody} body */
  constructor({ errorType, errorMessage, trace }) {
    super(errorMessage);
    this.name = errorType;
    this.trace = trace;
  }
}

/**
 * An error from Lambda itself, not from the function's code.
 * @param {string} errorType
 * @param {string} errorMessage
 */
export function failure(errorType, errorMessage) {
  return new LambdaError({ errorType, errorMessage, trace: [] });
}
