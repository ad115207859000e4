import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../aws/secret.js";
import { ConfigurationError } from "../model/errors.js";
import type { Backend, TaskKey } from "../model/record.js";
import { referenceLine } from "../text/reference.js";

/** What a mark stands for: it says nothing of another work, another owner, another name or another API. */
export interface MarkedTask extends TaskKey {
  backend: Backend;
  /** The name of the Coder user who owns the task. */
  owner: string;
  name: string;
  /** The workspace that the task takes with it when it is removed, where its labels say which that is. */
  workspaceId?: string | undefined;
}

/** Shorter keys could be guessed from a mark. The stack generates 64 characters. */
const shortestKey = 32;

/** 128 bits, in hexadecimal digits: `[relay task-…]` still fits into a line of a terminal. */
const markLength = 32;
const markLine = new RegExp(`(?:^|\\n)\\[relay task-([0-9a-f]{${markLength}})\\]$`);

/** How many names nobody can foresee a task may have, once the foreseeable ones are occupied. */
const spareNames = 8;

/**
 * The marks by which the relay tells its own tasks from any others: a keyed hash (HMAC-SHA-256) of the work, under a
 * secret of the stack. New marks are made with the current value of the secret; those of the previous value stay
 * valid, so that a rotation loses no task.
 */
export class TaskMarks {
  constructor(private readonly secret: Pick<Secret, "values" | "reread" | "expire">) {}

  async markOf(task: MarkedTask): Promise<string> {
    return markWith(await this.#key(), task);
  }

  /** Whether the relay has made this mark, for this very task. */
  async proves(mark: string | undefined, task: MarkedTask): Promise<boolean> {
    if (mark === undefined) return false;
    if (fits(await this.secret.values(), mark, task)) return true;
    // Another container may know a newer value already.
    return fits((await this.secret.reread()) ?? [], mark, task);
  }

  /** The hashes for the names of a work's task that nobody without the secret can foresee, and so occupy. */
  async spareHashes({ repositoryId, work }: TaskKey): Promise<string[]> {
    const key = await this.#key();
    return Array.from({ length: spareNames }, (_, i) =>
      hmac(key, ["name", repositoryId, work, i]).toString("hex"),
    );
  }

  async #key(): Promise<string> {
    const [key = ""] = await this.secret.values();
    if (key.length >= shortestKey) return key;
    this.secret.expire();
    throw new ConfigurationError(
      `The task mark secret is shorter than ${shortestKey} characters. Put a random text of 64 characters into it.`,
    );
  }
}

/** The last line of a prompt that has a mark; it looks like the reference that every message ends with. */
export function lineOfMark(mark: string): string {
  return referenceLine(`task-${mark}`);
}

/** The mark of a prompt, which must be its last line. A mark anywhere else is a quotation. */
export function markOfPrompt(prompt: string): string | undefined {
  return markLine.exec(prompt.trimEnd())?.[1];
}

function fits(keys: readonly string[], mark: string, task: MarkedTask): boolean {
  return keys.some((key) => key.length >= shortestKey && isSame(mark, markWith(key, task)));
}

/** Coder compares the names of users and of tasks without case. */
function markWith(
  key: string,
  { backend, owner, name, repositoryId, work, workspaceId }: MarkedTask,
): string {
  const task = [
    "task",
    backend,
    owner.toLowerCase(),
    name.toLowerCase(),
    repositoryId,
    work,
    workspaceId ?? "",
  ];
  return hmac(key, task).toString("hex").slice(0, markLength);
}

/** As JSON, so that no two lists of parts give the same text. */
function hmac(key: string, parts: readonly (string | number)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
