import { configPath } from "../model/config-path.js";
import { isSameLogin } from "../model/login.js";
import { filesAtOnce } from "../text/limits.js";
import type { Classification, CommonFields, Identities } from "./classification.js";
import { pullRequestSchema, pushSchema } from "./config-payloads.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";

/**
 * How many commits a push lists at most: GitHub leaves the others out and does not say so.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
 */
const listedCommits = 2048;

/** How many files a commit of a push lists at most (https://github.com/octo-sts/app/pull/978). */
const listedFiles = 3000;

/** Older than any time of GitHub's: a push of that time replaces no known config. */
const unknownTime = "1970-01-01T00:00:00Z";

/** A push to the default branch that touches the config, or may do so, by any sender. */
export function classifyPush(
  _action: string,
  payload: unknown,
  common: CommonFields,
  _identities: Identities,
): Classification {
  const { ref, repository, ...push } = parsePayload(pushSchema, payload);
  if (!ref.startsWith("refs/heads/")) return { skipped: "the push is to no branch" };
  if (ref !== `refs/heads/${repository.default_branch}`) {
    return { skipped: "the push is not to the default branch" };
  }
  if (push.deleted) return { skipped: "the push deletes the branch" };
  const { before, after, commits } = push;
  const { sender } = common;
  const pusher = push.pusher?.name ?? sender.login;
  const isUnknown = sender === ghost || !isSameLogin(pusher, sender.login);
  const removed = commits.some((commit) => commit.removed.includes(configPath));
  const isTouched =
    removed ||
    commits.some(({ added, modified }) => added.includes(configPath) || modified.includes(configPath));
  const isUnclear = push.created || push.forced || !isWhole(commits, after);
  if (!isTouched && !isUnclear) return { skipped: `the push does not touch ${configPath}` };
  const at = repository.pushed_at ?? unknownTime;
  const event = { ...common, type: "config_push", at } as const;
  return { event: { ...event, push: { before, after, removed, ...(isUnknown && { pusher }) } } };
}

type Commits = { id: string; added: string[]; modified: string[]; removed: string[] }[];

/** Whether the commits list everything that was changed. */
function isWhole(commits: Commits, after: string): boolean {
  return (
    commits.length < listedCommits &&
    commits.at(-1)?.id === after &&
    commits.every(
      ({ added, modified, removed }) => added.length + modified.length + removed.length < listedFiles,
    )
  );
}

/** The new head commit of any pull request, forks included. */
export function classifyConfigProposal(
  _action: string,
  payload: unknown,
  common: CommonFields,
  _identities: Identities,
): Classification {
  const pull = parsePayload(pullRequestSchema, payload).pull_request;
  const { number, updated_at: at, head } = pull;
  const isLarge = (pull.changed_files ?? 0) > filesAtOnce;
  const onto = isLarge && pull.base?.ref ? { onto: pull.base.ref } : {};
  return { event: { ...common, type: "config_proposed", at, pull: { number, headSha: head.sha, ...onto } } };
}
