import { createHash } from "node:crypto";

/** Coder's rule for the names of tasks and workspaces (codersdk/name.go). */
const valid = /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/;
const maxLength = 32;
const hashLength = 6;

export interface IssueName {
  owner: string;
  repository: string;
  issue: number;
}

/**
 * The names that the task of an issue may have, the first choice first: `{prefix}-{repository}-{issue}` where
 * that is a valid name, then one with a short hash of `owner/repository#issue`, in which the repository's name
 * is sanitised and cut. Both hold the issue's number whole. Deterministic, and blind to the case of owner and
 * repository, as GitHub is.
 */
export function taskNames(prefix: string, { owner, repository, issue }: IssueName): string[] {
  const plain = `${prefix}-${repository}-${issue}`;
  const hash = hashOf(`${owner}/${repository}#${issue}`.toLowerCase());
  const room = maxLength - `${prefix}--${hash}-${issue}`.length;
  const readable = repository
    .replace(/[^a-zA-Z0-9]+/g, "-")
    .slice(0, Math.max(0, room))
    .replace(/^-+|-+$/g, "");
  const hashed = [prefix, readable, hash, issue].filter((part) => part !== "").join("-");
  return isTaskName(plain) ? [plain, hashed] : [hashed];
}

/** Whether Coder takes it as a name. */
export function isTaskName(name: string): boolean {
  return name.length <= maxLength && valid.test(name);
}

/** 31 bits in base 36: what two issues would have to share, beside the number and the name, to collide. */
function hashOf(text: string): string {
  const number = createHash("sha256").update(text).digest().readUIntBE(0, 6);
  return number.toString(36).padStart(hashLength, "0").slice(-hashLength);
}

/** Whether a task with this initial prompt is the issue's: the issue's URL is in it, whole. */
export function namesWork(prompt: string, url: string): boolean {
  const literal = url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`${literal}(?!\\d)`, "i").test(prompt);
}
