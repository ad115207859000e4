import { connectGitHub } from "../github/app.js";
import { IssueClient } from "../github/issues.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import type { CommentPosted } from "../model/event.js";
import type { TaskKey } from "../model/record.js";
import { inert } from "../text/inert.js";
import { Inbox } from "./inbox.js";

const reasonLength = 1000;

/**
 * Replies to a person who may not speak to the agent, but only in private repositories, and once per person and task.
 * Strangers in public repositories get no reply. If the account isn't served, `reason` is "" and nobody gets a reply.
 */
export async function explainRefusal({
  event,
  key,
  reason,
}: {
  event: CommentPosted;
  key: TaskKey;
  reason: string;
}): Promise<{ explained: boolean }> {
  const { repository, sender, subject } = event;
  if (reason === "" || !repository.private || sender.type === "Bot") return { explained: false };
  const isFirst = await new Inbox(key).noteOnce(`refused#${sender.id}`, event.delivery);
  if (!isFirst) return { explained: false };
  const octokit = (await connectGitHub()).installation(event.installation);
  const { number, url } = subject;
  const issue = new IssueClient(octokit, { repository, issue: { number, url } });
  const what = { said: "who may speak to the agent", repositoryId: repository.id };
  return { explained: await postIfAllowed(what, () => issue.createComment(inert(reason, reasonLength))) };
}
