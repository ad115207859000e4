import { connectGitHub, type GitHubApp } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import type { Person, PersonalEvent, WorkEvent } from "../model/event.js";
import { isEnough, type Permission, permissionsFrom } from "../model/permission.js";
import { agentEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import { agentId } from "./agent.js";
import { isAllowedBot } from "./bots.js";
import { isRepositoryServed } from "./served.js";

const settings = agentEnvironment();
const assignPermission = "write";

export interface Authorization {
  allowed: boolean;
  /** For people: who may do this, if it is not allowed. Empty if nobody should be notified. */
  reason: string;
}

const allowed: Authorization = { allowed: true, reason: "" };

/** The repository of a task. Permissions are checked there. */
export interface TaskRepository {
  id: number;
  owner: string;
  name: string;
}

/**
 * Whether the work of an event may begin: the account must be served, and the person who assigned the agent needs
 * permission to do so. Scheduled jobs and failing branches come from the config file on the default branch; planning the
 * task checks that the file still asks for the work, and for whom. Work may always end, because GitHub lets the author of
 * an issue close it.
 */
export async function authorizeWork(event: WorkEvent): Promise<Authorization> {
  if (event.type === "task_closed") return allowed;
  const app = await connectGitHub();
  // A job's repository may have a new owner by now.
  const { ownerId: _, ...unowned } = event.repository;
  const repository = event.type === "job_due" ? unowned : event.repository;
  if (!(await isRepositoryServed(app.installation(event.installation), repository))) {
    log.warn("The account is not served", { event: event.type, account: event.repository.owner });
    return { allowed: false, reason: "" };
  }
  return event.type === "task_requested" ? authorize(app, event, event.repository) : allowed;
}

/**
 * Whether everybody behind the event may make the agent of a task in `repository` work. People need the permission there
 * that the API returns (`author_association` is not an authorization). Bots must be on the list in the settings; the
 * App's own bot is never allowed. For a failed run, both the person who caused it and the person who re-ran it count.
 *
 * If the event is from a different repository than the task's, only people are allowed, because anybody with write
 * permission there also controls the bots and the agent there.
 */
export async function authorize(
  app: GitHubApp,
  event: PersonalEvent,
  repository: TaskRepository,
): Promise<Authorization> {
  if (event.type === "comment_posted" && String(event.comment.appId) === app.id) {
    return decide(false, event, "the App's own comments are not passed to the agent");
  }
  const isElsewhere = repository.id !== event.repository.id;
  const octokit = app.installation(event.installation);
  // The agent itself causes the runs of its pull requests, because it pushes. Its comments never become events.
  const agent = event.type === "check_failed" ? await agentId(octokit) : undefined;
  const people = peopleBehind(event).filter(({ id }) => id !== agent);
  if (people.length === 0) {
    return decide(
      !isElsewhere,
      event,
      "a run in another repository must have been caused or re-run by a person",
    );
  }
  const least = leastFor(event, isElsewhere);
  const client = new RepositoryClient(octokit, repository);
  const refusals = await Promise.all(
    people.map(async (person) => {
      if (person.type === "Bot") {
        const isAllowed = !isElsewhere && (await isAllowedBot(octokit, person));
        return isAllowed ? undefined : "bots may do so if an operator has added them to ALLOWED_BOTS";
      }
      const isAllowed = least === "any" || isEnough(await client.permissionOf(person), least);
      return isAllowed ? undefined : `people with ${from(least)} may do so`;
    }),
  );
  const refusal = refusals.find((reason) => reason !== undefined);
  return decide(refusal === undefined, event, refusal ?? "");
}

/**
 * With COMMENT_MIN_PERMISSION `any`, an event from another repository still needs read permission on the task's
 * repository.
 */
function leastFor({ type }: PersonalEvent, isElsewhere: boolean): Permission | "any" {
  if (type === "task_requested") return assignPermission;
  const { COMMENT_MIN_PERMISSION: least } = settings;
  return least === "any" && isElsewhere ? "read" : least;
}

/** If GitHub names no people for a run, the sender of the event counts. */
function peopleBehind(event: PersonalEvent): readonly Person[] {
  // Reporting on a commit or moving a branch already requires write access, and the sender often isn't the cause.
  if (["check_reported", "pull_conflicted", "pull_dequeued"].includes(event.type)) return [];
  const actors = event.type === "check_failed" ? (event.run.actors ?? []) : [];
  return actors.length > 0 ? actors : [event.sender];
}

function decide(isAllowed: boolean, event: PersonalEvent, who: string): Authorization {
  const { type, sender } = event;
  log.info("Authorized", {
    event: type,
    login: sender.login,
    allowed: isAllowed,
    ...(!isAllowed && { who }),
  });
  if (isAllowed) return allowed;
  const [deed, remedy] =
    event.type !== "task_requested"
      ? ["speak to the agent here", "Ask one of them to say it."]
      : event.issue.ask === "review"
        ? ["request the agent's review here", "Ask one of them to remove the request and to make it again."]
        : ["assign the agent here", "Ask one of them to unassign the agent and to assign it again."];
  return { allowed: false, reason: `${sender.login} may not ${deed}: ${who}. ${remedy}` };
}

/** `write` → "write, maintain or admin permission on this repository". */
function from(least: Permission): string {
  const names = permissionsFrom(least);
  const list = names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}` : names[0];
  return `${list} permission on this repository`;
}
