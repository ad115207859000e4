import * as z from "zod/mini";
import { agentEnvironment } from "./environment.js";
import { type PersonalEvent, personalEventSchema, workEventSchema } from "./events/event.js";
import { botName, isSameLogin } from "./events/login.js";
import { isEnough, type Permission, permissionsFrom } from "./events/permission.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { RepositoryClient } from "./github/repository.js";
import { log } from "./log.js";

const inputSchema = z.object({ event: z.union([personalEventSchema, workEventSchema]) });
const settings = agentEnvironment();
const assignPermission = "write";

export interface Authorization {
  allowed: boolean;
  /** For people: who may do this, where it is not allowed. */
  reason: string;
}

/**
 * Whether the person behind the event may make the agent work: by the permission on the repository as the API
 * tells it (`author_association` is no authorisation); bots by the list in the settings, and the App's own bot
 * never. A scheduled job and a failing branch have nobody behind them but who has written the config file on the
 * default branch; `plan-task` reads whether it still asks for them, and for whom.
 */
export async function handler(input: unknown): Promise<Authorization> {
  const { event } = parseInput(inputSchema, input);
  if (event.type === "job_due" || event.type === "branch_failed") return { allowed: true, reason: "" };
  const { login, type } = event.sender;
  const app = await connectGitHub();
  if (event.type === "comment_posted" && String(event.comment.appId) === app.id) {
    return decide(false, event, "the App's own words are not told to the agent");
  }
  if (type === "Bot") {
    const allowed = settings.ALLOWED_BOTS.some((bot) => isSameLogin(botName(bot), botName(login)));
    return decide(allowed, event, "bots may do so where an operator has added them to ALLOWED_BOTS");
  }
  const least = event.type === "task_requested" ? assignPermission : settings.COMMENT_MIN_PERMISSION;
  if (least === "any") return decide(true, event, "");
  const repository = new RepositoryClient(app.installation(event.installation), event.repository);
  const permission = await repository.permissionOf(login);
  return decide(isEnough(permission, least), event, `people with ${from(least)} may do so`);
}

function decide(allowed: boolean, { type, sender }: PersonalEvent, who: string): Authorization {
  log.info("Authorized", { event: type, login: sender.login, allowed });
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
