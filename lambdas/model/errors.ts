/**
 * The errors that end a Lambda. `Retry` and `Catch` in the state machines match their names, so these are spelled out: a
 * minified class loses its own. Messages say what is wrong, what was expected and what to do, and never contain a secret.
 */

/**
 * The errors that an outage explains: a run that ended with one of them can succeed later. They are those of the retry
 * policies `transient` and `rateLimited`.
 */
export const passingTroubles: readonly string[] = [
  "TransientError",
  "ThrottlingException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "InternalServerError",
  "InternalServiceError",
  "TimeoutError",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.TooManyRequestsException",
  "Lambda.Unknown",
  "Sandbox.Timedout",
  "States.Timeout",
  "RateLimitedError",
];

/** Passing trouble: network, 5xx, a lost lock. Retried by the `transient` policy. */
export class TransientError extends Error {
  override readonly name = "TransientError";

  constructor(
    message: string,
    /** The status and the message of a service's 5xx; absent if there was no answer. */
    readonly answer?: { status: number; reason: string },
    /** The request timed out: the service may still be working on it. */
    readonly timedOut = false,
  ) {
    super(message);
  }
}

/** A service asked for a longer pause than a Lambda should sleep. Retried by the `rate limit` policy. */
export class RateLimitedError extends Error {
  override readonly name = "RateLimitedError";
}

/**
 * Something is in the way that ends by itself: a workspace build, an agent that is being stopped, another run that creates
 * the task. Retried by the `busy` policy for ten minutes.
 */
export class TaskBusyError extends Error {
  override readonly name = "TaskBusyError";
}

/** The requester has no usable Coder account. Shown on the issue. */
export class NoCoderUserError extends Error {
  override readonly name = "NoCoderUserError";
}

/** The configured template is missing, or cannot run tasks. For operators. */
export class TemplateNotFoundError extends Error {
  override readonly name = "TemplateNotFoundError";
}

/** The configured preset is not among the template's. For operators. */
export class PresetNotFoundError extends Error {
  override readonly name = "PresetNotFoundError";
}

/** Every name that the task could have is occupied. For operators. */
export class TaskNameTakenError extends Error {
  override readonly name = "TaskNameTakenError";
}

/** No failure: the agent cannot take a message yet. The retry policy `agentBusy` sets the pace of observing it. */
export class AgentBusyError extends Error {
  override readonly name = "AgentBusyError";
}

/** The same, of an agent that has been busy for long. The retry policy `agentStillBusy` sets a slower pace. */
export class AgentStillBusyError extends Error {
  override readonly name = "AgentStillBusyError";
}

/** No failure: the agent's turn goes on, without news. The retry policy `working` sets the pace of observing it. */
export class AgentWorkingError extends Error {
  override readonly name = "AgentWorkingError";
}

/** No failure: the turn is over, without further news. The retry policy `resting` sets the pace of observing it. */
export class AgentRestingError extends Error {
  override readonly name = "AgentRestingError";
}

/** No failure: other checks of a commit still run. A Wait state sets the pace of looking at them. */
export class ChecksRunningError extends Error {
  override readonly name = "ChecksRunningError";
}

/** No failure: GitHub computes whether pull requests can be merged. A Wait state of some seconds follows. */
export class MergeabilityUnknownError extends Error {
  override readonly name = "MergeabilityUnknownError";
}

/** No failure: other pull requests are left to look at. A Wait state of a minute follows. */
export class PullsLeftError extends Error {
  override readonly name = "PullsLeftError";
}

/** No failure: the task has not started yet. The retry policy `starting` sets the pace of observing it. */
export class TaskStartingError extends Error {
  override readonly name = "TaskStartingError";
}

/**
 * Coder shows an error for the task's workspace or agent. Retried by the `broken` policy for five minutes, because a
 * healthy start can pass through it. After that for operators, who repair the workspace and redrive.
 */
export class TaskBrokenError extends Error {
  override readonly name = "TaskBrokenError";
}

/** The answer of a service does not have the shape that its API promises. For operators. */
export class UnexpectedAnswerError extends Error {
  override readonly name = "UnexpectedAnswerError";
}

/** CODER_URL is not the address of a Coder deployment. For operators. */
export class NotCoderError extends Error {
  override readonly name = "NotCoderError";
}

/** The Coder deployment has no API that can create a task. For operators. */
export class NoTaskApiError extends Error {
  override readonly name = "NoTaskApiError";
}

/** A refusal by Coder, with the relay's own message: nothing was done. */
class CoderRefusalError extends Error {}

/** The token's user lacks permissions for chats. For operators. */
export class ChatsForbiddenError extends CoderRefusalError {
  override readonly name = "ChatsForbiddenError";
}

/** The chat belongs to another user than the token that sends to it. For operators. */
export class ChatOwnerError extends CoderRefusalError {
  override readonly name = "ChatOwnerError";
}

/** A hook of the Coder deployment rejects this text. Shown on the issue. */
export class TextDeniedError extends CoderRefusalError {
  override readonly name = "TextDeniedError";
}

/** Coder Agents cannot work: the AI Gateway, or the chat daemon of an older server, is off. For operators. */
export class ChatsUnavailableError extends CoderRefusalError {
  override readonly name = "ChatsUnavailableError";
}

/** The chat owner's spending limit is reached. For operators. */
export class ChatUsageLimitError extends CoderRefusalError {
  override readonly name = "ChatUsageLimitError";
}

/** A secret or a setting is wrong. For operators. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** The App is not installed on the repository, or is suspended. For operators. */
export class NotInstalledError extends Error {
  override readonly name = "NotInstalledError";
}

/** A job's schedule cannot be translated: its file was not checked. For operators. */
export class InvalidScheduleError extends Error {
  override readonly name = "InvalidScheduleError";
}

export type Service = "GitHub" | "Coder";

const reasons: Record<number, string> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  410: "Gone",
  422: "Unprocessable",
};

const remedies: Record<Service, Record<number, string>> = {
  GitHub: {
    401: "Check that the GitHub App secret holds the App's id and a private key that the App still has.",
    403: "Check that the App has the permissions of docs/github-app-setup.md and that its installation has accepted them.",
    404: "Check that the App is installed on this repository.",
  },
  Coder: {
    401: "Put a valid token into the Coder token secret.",
    403: "The token must belong to a site Owner, and the license must allow another agent workspace.",
    404: "Check CODER_URL, CODER_ORGANIZATION and that the token may see the resource.",
  },
};

/**
 * A service has refused a request for good: a 4xx that no retry can change. Its name is made of service and
 * status: `CoderForbiddenError`, `GitHubNotFoundError`; `CoderRequestError` for a status without a name.
 */
export class RefusedRequestError extends Error {
  override readonly name: string;

  constructor(
    readonly service: Service,
    readonly status: number,
    /** Method and path, without query. */
    readonly request: string,
    /** The service's own message. */
    readonly reason: string,
    /** The service's own name for the kind of refusal, if it has one. */
    readonly kind?: string,
  ) {
    const remedy = remedies[service][status];
    super(
      `${service} answered ${status} to ${request}: ${reason.replace(/\.?$/, ".")}${remedy ? ` ${remedy}` : ""}`,
    );
    this.name = `${service}${reasons[status] ?? "Request"}Error`;
  }
}

/** Whether `error` is a service's refusal with one of these statuses. */
export function isRefusal(error: unknown, ...statuses: number[]): error is RefusedRequestError {
  return error instanceof RefusedRequestError && statuses.includes(error.status);
}

/** Whether GitHub says that a repository is no longer accessible: deleted, hidden or blocked. */
export function isOutOfReach(error: unknown): error is RefusedRequestError {
  return isRefusal(error, 404, 410, 451) || (isRefusal(error, 403) && /access blocked/i.test(error.reason));
}

/** Whether a service has refused for good: nothing was done, and a retry alone would change nothing. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof RefusedRequestError || error instanceof CoderRefusalError;
}
