import { createHash } from "node:crypto";
import { isRefusal, TransientError } from "../../model/errors.js";
import type { CoderClient } from "../client.js";
import type { CoderTask, SilentAgents } from "../port.js";
import { logsSchema, taskPath } from "./task.js";

/** As long as Coder dials the workspace. */
const timeoutMs = 40_000;

/** What else Coder knows about agents whose `current_state` is null. */
export class SilentTaskAgents implements SilentAgents {
  constructor(private readonly client: CoderClient) {}

  /** The log is what AgentAPI has scraped from the terminal. */
  async screen({ owner, id }: CoderTask): Promise<string | undefined> {
    const answer = await this.client.get(`${taskPath(owner, id)}/logs`, logsSchema).catch(unseen);
    if (!answer || answer.snapshot) return undefined;
    return createHash("sha256").update(JSON.stringify(answer.logs)).digest("base64url");
  }

  /**
   * Offers a blank text. If the screen is not `stable`, Coder refuses it as it refuses any text. Otherwise AgentAPI rejects
   * it, because a message needs more than whitespace (validation in coder/agentapi, lib/screentracker).
   */
  async listens({ owner, id }: CoderTask): Promise<boolean> {
    try {
      await this.client.request("POST", `${taskPath(owner, id)}/send`, { input: " " }, { timeoutMs });
      return false;
    } catch (error) {
      const { status, reason = "" } = (error instanceof TransientError && error.answer) || {};
      if (status === 502 && /rejected/i.test(reason)) return true;
      return unseen(error) ?? false;
    }
  }
}

/** These are checked again later. Other errors are for operators. */
function unseen(error: unknown): undefined {
  if (isRefusal(error, 400, 404, 409) || error instanceof TransientError) return undefined;
  throw error;
}
