import { createHash } from "node:crypto";
import { fits, limits } from "../text/limits.js";

/** Coder's rule for the names of tasks and workspaces (codersdk/name.go). */
const valid = /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/;
/** In bytes, which are the same as characters here: a valid name is ASCII. */
const maxLength = limits.coder.name.max;
const hashLength = 6;

/**
 * The maximum length of a label other than an issue number, in characters. It leaves room for the repository's name.
 */
const labelLength = 12;

/** The parts of a task's name. */
export interface WorkName {
  owner: string;
  repository: string;
  /** Distinguishes the work from other work in the repository: an issue's number, a job's name, a branch. */
  label: string;
  /**
   * Whether the label alone is unique: an issue's number is; a branch isn't, because several workflows can fail on it.
   */
  isDistinct: boolean;
  /** Hashed if the name alone is not unique. */
  reference: string;
}

/**
 * The names that a task may have, the first choice first: `{prefix}-{repository}-{label}` if that is valid and unique;
 * then one with a short hash of its reference (`owner/repository#issue`), sanitised and cut to Coder's rule. Anybody who
 * can create workspaces can take these two, so the others contain a hash of one of the unpredictable texts in `spare`.
 * All contain the whole issue number. Deterministic, and case-insensitive like GitHub.
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

/** Whether Coder accepts this as a name. */
export function isTaskName(name: string): boolean {
  return fits(name, limits.coder.name) && valid.test(name);
}

/** 31 bits in base 36. Two issues collide only if they share this, the number and the name. */
function hashOf(text: string): string {
  const number = createHash("sha256").update(text).digest().readUIntBE(0, 6);
  return number.toString(36).padStart(hashLength, "0").slice(-hashLength);
}
