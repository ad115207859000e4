import { configPath } from "../model/config-path.js";
import type { PullsMoved } from "../model/event.js";
import { isSameLogin } from "../model/login.js";
import type { Classification, CommonFields, Identities } from "./classification.js";
import { pushSchema } from "./config-payloads.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";

/**
 * The most commits that a push lists. GitHub leaves out the others without saying so.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
const listedCommits = 2048;

/** The most files that a commit of a push lists (https://github.com/octo-sts/app/pull/978). */
const listedFiles = 3000;

/** Older than any time of GitHub's, so a push with this time replaces no known config. */
const unknownTime = "1970-01-01T00:00:00Z";

/**
 * A push to a branch, by any sender. Pull requests into the branch may have conflicts now. If it is the default branch and
 * the push touches the config, or may do so, the schedules are also synced.
 */
export function classifyPush(
  _action: string,
  payload: unknown,
  common: CommonFields,
  _identities: Identities,
): Classification {
  const { ref, repository, ...push } = parsePayload(pushSchema, payload);
  if (!ref.startsWith("refs/heads/")) return { skipped: "the push is not to a branch" };
  if (push.deleted) return { skipped: "the push deletes the branch" };
  const at = repository.pushed_at ?? unknownTime;
  const branch = ref.slice("refs/heads/".length);
  const moved: PullsMoved = { ...common, type: "pulls_moved", at, moved: { branch } };
  if (branch !== repository.default_branch) return { event: moved };
  const { before, after, commits } = push;
  const { sender } = common;
  const pusher = push.pusher?.name ?? sender.login;
  const isUnknown = sender === ghost || !isSameLogin(pusher, sender.login);
  const removed = commits.some((commit) => commit.removed.includes(configPath));
  const isTouched =
    removed ||
    commits.some(({ added, modified }) => added.includes(configPath) || modified.includes(configPath));
  const isUnclear = push.created || push.forced || !isWhole(commits, after);
  if (!isTouched && !isUnclear) return { event: moved };
  const changes = { before, after, removed, ...(isUnknown && { pusher }) };
  return { others: [moved], event: { ...common, type: "config_push", at, push: changes } };
}

type Commits = { id: string; added: string[]; modified: string[]; removed: string[] }[];

/** Whether the commits list all changes of the push. */
function isWhole(commits: Commits, after: string): boolean {
  return (
    commits.length < listedCommits &&
    commits.at(-1)?.id === after &&
    commits.every(
      ({ added, modified, removed }) => added.length + modified.length + removed.length < listedFiles,
    )
  );
}
