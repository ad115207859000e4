import { createHash } from "node:crypto";
import { fits, limits } from "../text/limits.js";

/** Coder's rule for the names of tasks and workspaces (codersdk/name.go). */
const valid = /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/;
/** In bytes, as in characters: what is valid is ASCII. */
const maxLength = limits.coder.name.max;
const hashLength = 6;

/** The most of a label that is no issue's number, in characters: it leaves room for the repository's name. */
const labelLength = 12;

/** What a task's name tells of its work. */
export interface WorkName {
  owner: string;
  repository: string;
  /** What tells it from others of the repository: an issue's number, a job's name, a branch. */
  label: string;
  /** Whether the label alone does so: an issue's number does, a branch on which several workflows fail does not. */
  isDistinct: boolean;
  /** What is hashed where the name itself does not tell it from all others. */
  reference: string;
}

/**
 * The names that a task may have, the first choice first: `{prefix}-{repository}-{label}` where that is a valid name
 * and tells the work, then one with a short hash of its reference (`owner/repository#issue`), in which what is no
 * valid part of a name is sanitised and cut. Whoever may make workspaces can occupy these two; the others have a hash
 * of `spare`, texts that nobody can foresee. All hold an issue's number whole. Deterministic, and blind to case, as
 * GitHub is.
 */
export function taskNames(prefix: string, work: WorkName, spare: readonly string[] = []): string[] {
  const { repository, reference, isDistinct } = work;
  const plain = `${prefix}-${repository}-${work.label}`;
  const label = /^\d+$/.test(work.label) ? work.label : sanitized(work.label, labelLength);
  const room = Math.max(0, maxLength - `${prefix}--${"-".repeat(hashLength)}-${label}`.length);
  const hashed = [reference.toLowerCase(), ...spare].map((text) =>
    [prefix, sanitized(repository, room), hashOf(text), label].filter((part) => part !== "").join("-"),
  );
  return isDistinct && isTaskName(plain) ? [plain, ...hashed] : hashed;
}

function sanitized(text: string, length: number): string {
  return text
    .replace(/[^a-zA-Z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, length)
    .replace(/-+$/, "");
}

/** Whether Coder takes it as a name. */
export function isTaskName(name: string): boolean {
  return fits(name, limits.coder.name) && valid.test(name);
}

/** 31 bits in base 36: what two issues would have to share, beside the number and the name, to collide. */
function hashOf(text: string): string {
  const number = createHash("sha256").update(text).digest().readUIntBE(0, 6);
  return number.toString(36).padStart(hashLength, "0").slice(-hashLength);
}
