import * as z from "zod/mini";
import { agentEnvironment } from "./environment.js";
import { isSameLogin } from "./events/classify.js";
import { eventSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { IssueClient } from "./github/issues.js";
import { log } from "./log.js";

const inputSchema = z.object({ event: eventSchema });
const { ALLOWED_BOTS: allowedBots } = agentEnvironment();

/** GitHub reports `maintain` as `write`. */
const mayAssign = ["write", "admin"];

export interface Authorization {
  allowed: boolean;
  /** For people: who may do this, where it is not allowed. */
  reason: string;
}

/**
 * Whether the person behind the event may make the agent work: by the permission on the repository as the API
 * tells it (`author_association` is no authorisation); bots by the list in the settings.
 */
export async function handler(input: unknown): Promise<Authorization> {
  const { event } = parseInput(inputSchema, input);
  const { login, type } = event.sender;
  if (type === "Bot") {
    const allowed = allowedBots.some((bot) => isSameLogin(botName(bot), botName(login)));
    return decide(allowed, login, `bots may do so where an operator has added them to ALLOWED_BOTS`);
  }
  const app = await connectGitHub();
  const permission = await new IssueClient(app.installation(event.installation), event).permissionOf(login);
  return decide(
    mayAssign.includes(permission),
    login,
    "people with write, maintain or admin permission on this repository may do so",
  );
}

function decide(allowed: boolean, login: string, who: string): Authorization {
  log.info("Authorized", { login, allowed });
  return {
    allowed,
    reason: allowed
      ? ""
      : `${login} may not assign the agent here: ${who}. Ask one of them to assign the issue again.`,
  };
}

/** `dependabot[bot]` and `dependabot` are the same. */
function botName(login: string): string {
  return login.replace(/\[bot\]$/i, "");
}
