/**
 * The errors that end a Lambda. Their names are what `Retry` and `Catch` in the state machines match, so they
 * are spelled out: a minified class has no name of its own. Their messages say what is wrong, what was
 * expected and what to do, and never hold a secret.
 */

/** Passing trouble: network, 5xx, a lost lock. Retried by the `transient` policy. */
export class TransientError extends Error {
  override readonly name = "TransientError";

  constructor(
    message: string,
    /** The status and the words of a service's 5xx; without them there was no answer. */
    readonly answer?: { status: number; reason: string },
    /** The request took longer than it was given: the service may still be at it. */
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
 * Something is in the way that will end by itself: a workspace build, an agent that is being stopped, another
 * run that creates the task. Retried by the `busy` policy for ten minutes.
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

/** Every name that the issue's task could have serves something else. For operators. */
export class TaskNameTakenError extends Error {
  override readonly name = "TaskNameTakenError";
}

/** No failure: the agent cannot take a message yet. The retry policy `agentBusy` is the pace of looking at it. */
export class AgentBusyError extends Error {
  override readonly name = "AgentBusyError";
}

/** No failure: the agent's turn goes on, without news. The retry policy `working` is the pace of watching it. */
export class AgentWorkingError extends Error {
  override readonly name = "AgentWorkingError";
}

/** No failure: the turn is over, without further news. The retry policy `resting` is the pace of watching it. */
export class AgentRestingError extends Error {
  override readonly name = "AgentRestingError";
}

/** No failure: the task has not started yet. The retry policy `starting` is the pace of looking at it. */
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

/** A service answered with something else than its API says. For operators. */
export class UnexpectedAnswerError extends Error {
  override readonly name = "UnexpectedAnswerError";
}

/** CODER_URL leads to something that is no Coder. For operators. */
export class NotCoderError extends Error {
  override readonly name = "NotCoderError";
}

/** The Coder deployment has no API that a task could be made with. For operators. */
export class NoTaskApiError extends Error {
  override readonly name = "NoTaskApiError";
}

/** A refusal of Coder's that is told in our own words: nothing was done. */
class CoderRefusalError extends Error {}

/** The token's user may not use chats as the relay does. For operators. */
export class ChatsForbiddenError extends CoderRefusalError {
  override readonly name = "ChatsForbiddenError";
}

/** The chat belongs to another user than the token that is to send to it. For operators. */
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

/** A secret or a setting does not hold what it should. For operators. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/** The App is not installed where it has to act, or is suspended there. For operators. */
export class NotInstalledError extends Error {
  override readonly name = "NotInstalledError";
}

/** A job's schedule cannot be translated: the file that it is from was not checked. For operators. */
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
 * A service refused a request for good: a 4xx that no retry can change. Its name is made of service and
 * status: `CoderForbiddenError`, `GitHubNotFoundError`; `CoderRequestError` for a status without a name.
 */
export class RefusedRequestError extends Error {
  override readonly name: string;

  constructor(
    readonly service: Service,
    readonly status: number,
    /** Method and path, without query. */
    readonly request: string,
    /** The service's own words. */
    readonly reason: string,
    /** The service's own word for the kind of refusal, where it has one. */
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

/** Whether GitHub says that a repository is not there for us any more: gone, hidden or blocked. */
export function isOutOfReach(error: unknown): error is RefusedRequestError {
  return isRefusal(error, 404, 410, 451) || (isRefusal(error, 403) && /access blocked/i.test(error.reason));
}

/** Whether a service has refused for good: nothing was done, and a retry alone would change nothing. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof RefusedRequestError || error instanceof CoderRefusalError;
}
