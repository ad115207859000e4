import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { Inbox } from "../inbox/inbox.js";
import { commentPostedSchema } from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { inert } from "../text/inert.js";

const inputSchema = z.object({
  event: commentPostedSchema,
  key: taskKeySchema,
  reason: z.string(),
});

const reasonLength = 1000;

/**
 * Tells somebody who may not speak to the agent who may: in private repositories only, once for each person and
 * issue. Strangers on public ones get silence.
 */
export async function handler(input: unknown): Promise<{ explained: boolean }> {
  const { event, key, reason } = parseInput(inputSchema, input);
  // Without a reason, the account is not served: nobody there is told anything.
  if (reason === "" || !event.repository.private || event.sender.type === "Bot") return { explained: false };
  if (!(await new Inbox(key).noteOnce(`refused#${event.sender.id}`, event.delivery)))
    return { explained: false };
  const app = await connectGitHub();
  const { number, url } = event.subject;
  const issue = new IssueClient(app.installation(event.installation), {
    repository: event.repository,
    issue: { number, url },
  });
  const what = { said: "who may speak to the agent", repositoryId: event.repository.id };
  return { explained: await postIfAllowed(what, () => issue.createComment(inert(reason, reasonLength))) };
}
