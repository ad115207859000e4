import { TransientError } from "../model/errors.js";
import { timeoutFor } from "../runtime/budget.js";

/** Refusals (400) that a retry can get past: limits of rate and capacity, by the services' own names. */
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

/** Longer than all attempts of any client here together: the clients have shorter time-outs of their own. */
const longestMs = 60_000;

export interface Request {
  /** As AWS calls them: `DynamoDB`, `GetItem`. */
  service: string;
  operation: string;
  /** Names of this operation's refusals that a retry can get past. */
  passing?: readonly string[];
}

/**
 * Sends one request to AWS, within the invocation's time. Throws a `TransientError` for passing trouble: a 5xx under
 * any name, a limit, a lost connection, a time-out. Any other refusal is thrown as the SDK's error, under AWS's name.
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
    throw new TransientError(`${service} could not do ${operation} just now: ${reason}. It is retried.`);
  }
}

/** Why a retry can help; `undefined` if it cannot. */
function reasonToRetry(error: unknown, passing: readonly string[]): string | undefined {
  if (!(error instanceof Error)) return "no answer";
  const status = statusOf(error);
  // A request without an answer, or a mistake of our own, which a retry does not help.
  if (status === undefined) return isOurMistake(error) ? undefined : codeOf(error);
  const isPassing = status >= 500 || status === 429 || limits.has(error.name) || passing.includes(error.name);
  return isPassing ? `${status} ${error.name}` : undefined;
}

/** Bugs of our own throw these; a retry does not help. */
function isOurMistake(error: Error): boolean {
  return ["TypeError", "RangeError", "ReferenceError", "CredentialsProviderError"].includes(error.name);
}

/** ECONNRESET or EAI_AGAIN if the error has a code, else TimeoutError or AbortError. */
function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

/** The answer's status. An answer that the SDK cannot read (a proxy's page) has it in `$response`. */
function statusOf(error: Error): number | undefined {
  const { $metadata, $response } = error as {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
