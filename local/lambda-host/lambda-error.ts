/** Lambda's answer if a function threw: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface LambdaErrorBody {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** The error of a failed Lambda. Its `name` is the Lambda `errorType`, which `Retry` and `Catch` match. */
export class LambdaError extends Error {
  readonly trace: string[];

  constructor({ errorType, errorMessage, trace }: LambdaErrorBody) {
    super(errorMessage);
    this.name = errorType;
    this.trace = trace;
  }
}

/** An error from Lambda itself, not from the function's code. */
export function failure(errorType: string, errorMessage: string): LambdaError {
  return new LambdaError({ errorType, errorMessage, trace: [] });
}
