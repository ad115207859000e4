import type { GitHubApp } from "../github/app.js";
import { RepositoryClient } from "../github/repository.js";
import type { Person, PersonalEvent } from "../model/event.js";
import { isEnough, type Permission, permissionsFrom } from "../model/permission.js";
import { agentEnvironment } from "../runtime/environment.js";
import { log } from "../runtime/log.js";
import { agentId } from "./agent.js";
import { isAllowedBot } from "./bots.js";

const settings = agentEnvironment();
const assignPermission = "write";

export interface Authorization {
  allowed: boolean;
  /** For people: who may do this, where it is not allowed; empty where nobody is to be told. */
  reason: string;
}

/** Where the words of an event are to arrive: the repository of a task. */
export interface TaskRepository {
  id: number;
  owner: string;
  name: string;
}

/**
 * Whether everybody behind the event may make the agent of a task in `repository` work: by the permission there as
 * the API tells it (`author_association` is no authorisation); bots by the list in the settings, and the App's own bot
 * never. Of a failed run, those are who has caused it and who has started it again.
 *
 * Of something that has happened in another repository, people alone count: whoever may write there has a say in what
 * bots and the agent do there.
 */
export async function authorize(
  app: GitHubApp,
  event: PersonalEvent,
  repository: TaskRepository,
): Promise<Authorization> {
  if (event.type === "comment_posted" && String(event.comment.appId) === app.id) {
    return decide(false, event, "the App's own words are not told to the agent");
  }
  const isElsewhere = repository.id !== event.repository.id;
  const octokit = app.installation(event.installation);
  // The agent pushes, so that runs of its own pull requests are its own. Its words are never events.
  const agent = event.type === "check_failed" ? await agentId(octokit) : undefined;
  const people = peopleBehind(event).filter(({ id }) => id !== agent);
  if (people.length === 0) {
    return decide(
      !isElsewhere,
      event,
      "a run of another repository has to be caused, or started again, by a person",
    );
  }
  const least = leastFor(event, isElsewhere);
  const client = new RepositoryClient(octokit, repository);
  for (const person of people) {
    if (person.type === "Bot") {
      if (!isElsewhere && (await isAllowedBot(octokit, person))) continue;
      return decide(false, event, "bots may do so where an operator has added them to ALLOWED_BOTS");
    }
    if (least === "any" || isEnough(await client.permissionOf(person), least)) continue;
    return decide(false, event, `people with ${from(least)} may do so`);
  }
  return decide(true, event, "");
}

/** Whoever may read the task's repository may speak there, if anybody may: so that one does elsewhere, too. */
function leastFor({ type }: PersonalEvent, isElsewhere: boolean): Permission | "any" {
  if (type === "task_requested") return assignPermission;
  const { COMMENT_MIN_PERMISSION: least } = settings;
  return least === "any" && isElsewhere ? "read" : least;
}

/** Of a run whose people GitHub does not name, who GitHub says has sent the event. */
function peopleBehind(event: PersonalEvent): readonly Person[] {
  const actors = event.type === "check_failed" ? (event.run.actors ?? []) : [];
  return actors.length > 0 ? actors : [event.sender];
}

function decide(allowed: boolean, { type, sender }: PersonalEvent, who: string): Authorization {
  log.info("Authorized", { event: type, login: sender.login, allowed, ...(!allowed && { who }) });
  if (allowed) return { allowed, reason: "" };
  const [deed, remedy] =
    type === "task_requested"
      ? ["assign the agent here", "Ask one of them to unassign the agent and to assign it again."]
      : ["speak to the agent here", "Ask one of them to say it."];
  return { allowed, reason: `${sender.login} may not ${deed}: ${who}. ${remedy}` };
}

/** `write` → "write, maintain or admin permission on this repository". */
function from(least: Permission): string {
  const names = permissionsFrom(least);
  const list = names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${names.at(-1)}` : names[0];
  return `${list} permission on this repository`;
}
