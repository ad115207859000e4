/** What Lambda answers when a function threw: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
export interface LambdaErrorBody {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

/** A Lambda that failed. Its `name` is the Lambda `errorType`: what `Retry` and `Catch` match. */
export class LambdaError extends Error {
  readonly trace: string[];

  constructor({ errorType, errorMessage, trace }: LambdaErrorBody) {
    super(errorMessage);
    this.name = errorType;
    this.trace = trace;
  }
}

/** An error that comes from Lambda itself and not from the function's code. */
export function failure(errorType: string, errorMessage: string): LambdaError {
  return new LambdaError({ errorType, errorMessage, trace: [] });
}
