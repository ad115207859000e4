/**
 * The errors that end a Lambda. `Retry` and `Catch` in the state machines match their names, so each class spells out its
 * name: minifying would change it. Messages say what is wrong, what was expected and what to do, and never contain a
 * secret.
 */

/**
 * The errors that an outage can cause: a run that ended with one of them can succeed later. The retry policies
 * `transient` and `rateLimited` list the same ones.
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

/** A temporary failure: the network, a 5xx, a lost lock. Retried by the `transient` policy. */
export class TransientError extends Error {
  override readonly name = "TransientError";

  constructor(
    message: string,
    /** The status and message of a service's 5xx; absent if there was no answer. */
    readonly answer?: { status: number; reason: string },
    /** The request timed out: the service may still be working on it. */
    readonly timedOut = false,
  ) {
    super(message);
  }
}

/** A service asked us to wait longer than a Lambda should sleep. Retried by the `rate limit` policy. */
export class RateLimitedError extends Error {
  override readonly name = "RateLimitedError";
}

/** Whether a recurring Lambda can leave the rest to its next run, so that no operator is needed. */
export function passesByItself(error: unknown): error is TransientError | RateLimitedError {
  return error instanceof TransientError || error instanceof RateLimitedError;
}

/**
 * Something temporary is in the way: a workspace build, an agent that is being stopped, another run that is creating the
 * task. Retried by the `busy` policy for ten minutes.
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

/** Every name that the task could have is taken. For operators. */
export class TaskNameTakenError extends Error {
  override readonly name = "TaskNameTakenError";
}

/** Not a failure: the agent cannot take a message yet. The retry policy `agentBusy` sets how often we check. */
export class AgentBusyError extends Error {
  override readonly name = "AgentBusyError";
}

/** The same for an agent that has been busy for a long time. The retry policy `agentStillBusy` checks less often. */
export class AgentStillBusyError extends Error {
  override readonly name = "AgentStillBusyError";
}

/**
 * Not a failure: the agent's turn continues, and there is nothing new. The retry policy `working` sets how often we
 * check.
 */
export class AgentWorkingError extends Error {
  override readonly name = "AgentWorkingError";
}

/** Not a failure: the turn is over, and there is nothing new. The retry policy `resting` sets how often we check. */
export class AgentRestingError extends Error {
  override readonly name = "AgentRestingError";
}

/** Not a failure: other checks of the commit are still running. A Wait state sets how often we check. */
export class ChecksRunningError extends Error {
  override readonly name = "ChecksRunningError";
}

/**
 * Not a failure: GitHub is still computing whether pull requests can be merged. A Wait state of a few seconds follows.
 */
export class MergeabilityUnknownError extends Error {
  override readonly name = "MergeabilityUnknownError";
}

/** Not a failure: there are more pull requests to check. A Wait state of a minute follows. */
export class PullsLeftError extends Error {
  override readonly name = "PullsLeftError";
}

/** Not a failure: the task has not started yet. The retry policy `starting` sets how often we check. */
export class TaskStartingError extends Error {
  override readonly name = "TaskStartingError";
}

/**
 * Coder shows an error for the task's workspace or agent. Retried by the `broken` policy for five minutes, because even a
 * healthy start can show it briefly. After that, operators have to repair the workspace and redrive.
 */
export class TaskBrokenError extends Error {
  override readonly name = "TaskBrokenError";
}

/** A service's answer doesn't match its API's schema. For operators. */
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

/** Coder has refused a request and done nothing. The message is the relay's own. */
class CoderRefusalError extends Error {}

/** The token's user lacks the permissions for chats. For operators. */
export class ChatsForbiddenError extends CoderRefusalError {
  override readonly name = "ChatsForbiddenError";
}

/** The chat's owner isn't the user of the token that sends to it. For operators. */
export class ChatOwnerError extends CoderRefusalError {
  override readonly name = "ChatOwnerError";
}

/** A hook of the Coder deployment rejects this text. Shown on the issue. */
export class TextDeniedError extends CoderRefusalError {
  override readonly name = "TextDeniedError";
}

/** Coder Agents can't work because the AI Gateway, or an older server's chat daemon, is off. For operators. */
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

/** A job's schedule can't be translated, so the config file wasn't checked before. For operators. */
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
 * A service has rejected a request with a 4xx that no retry can change. The name combines service and status:
 * `CoderForbiddenError`, `GitHubNotFoundError`; `CoderRequestError` for a status without a name.
 */
export class RefusedRequestError extends Error {
  override readonly name: string;

  constructor(
    readonly service: Service,
    readonly status: number,
    /** Method and path, without the query. */
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

/** Whether GitHub's answer means that a repository is no longer accessible: deleted, hidden or blocked. */
export function isOutOfReach(error: unknown): error is RefusedRequestError {
  return isRefusal(error, 404, 410, 451) || (isRefusal(error, 403) && /access blocked/i.test(error.reason));
}

/** Whether a service has rejected the request outright: nothing was done, and a retry alone would change nothing. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof RefusedRequestError || error instanceof CoderRefusalError;
}
