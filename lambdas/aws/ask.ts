import { TransientError } from "../model/errors.js";
import { timeoutFor } from "../runtime/budget.js";

/** Errors (400) that a retry can overcome: rate and capacity limits, under the names that the services use. */
const limits = new Set([
  "ExecutionLimitExceeded",
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestThrottledException",
  "ThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

/** Longer than all attempts of any client here together; the clients have shorter time-outs of their own. */
const longestMs = 60_000;

export interface Request {
  /** AWS's own name, such as `DynamoDB`; `operation` is one such as `GetItem`. */
  service: string;
  operation: string;
  /** Names of this operation's other errors that a retry can overcome. */
  passing?: readonly string[];
}

/**
 * Sends one request to AWS, within the invocation's time. Throws a `TransientError` if a retry can help: after any 5xx, a
 * limit, a lost connection or a time-out. Other errors are rethrown as the SDK's, under AWS's name.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
 */
export async function askAws<Answer>(
  { service, operation, passing = [] }: Request,
  send: (options: { abortSignal: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  const abortSignal = AbortSignal.timeout(timeoutFor(`${operation} of ${service}`, longestMs));
  try {
    return await send({ abortSignal });
  } catch (error) {
    const reason = reasonToRetry(error, passing);
    if (reason === undefined) throw error;
    throw new TransientError(`${service} could not perform ${operation}: ${reason}. It is retried.`);
  }
}

/** Why a retry can help; `undefined` if it cannot. */
function reasonToRetry(error: unknown, passing: readonly string[]): string | undefined {
  if (!(error instanceof Error)) return "no answer";
  const status = statusOf(error);
  // There was no answer, or the fault is ours and a retry doesn't help.
  if (status === undefined) return isOurMistake(error) ? undefined : codeOf(error);
  const isPassing = status >= 500 || status === 429 || limits.has(error.name) || passing.includes(error.name);
  return isPassing ? `${status} ${error.name}` : undefined;
}

/** Our own bugs throw these; a retry doesn't help. */
function isOurMistake(error: Error): boolean {
  return ["TypeError", "RangeError", "ReferenceError", "CredentialsProviderError"].includes(error.name);
}

/** ECONNRESET or EAI_AGAIN if the error has a code, else TimeoutError or AbortError. */
function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** The status of the answer. If the SDK can't parse the answer (a proxy's page), the status is in `$response`. */
function statusOf(error: Error): number | undefined {
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
