import { createHmac, timingSafeEqual } from "node:crypto";
import type { Secret } from "../aws/secret.js";
import { ConfigurationError } from "../model/errors.js";
import type { Backend, TaskKey } from "../model/record.js";
import { referenceLine } from "../text/reference.js";

/** The facts that a mark proves. It is not valid for other work, another owner, another name or another API. */
export interface MarkedTask extends TaskKey {
  backend: Backend;
  /** The name of the Coder user who owns the task. */
  owner: string;
  name: string;
  /** The workspace that is deleted with the task, if its labels name one. */
  workspaceId?: string | undefined;
}

/** A shorter key could be guessed from a mark. The stack generates 64 characters. */
const shortestKey = 32;

/** 128 bits, in hexadecimal digits: `[relay task-…]` still fits into a line of a terminal. */
const markLength = 32;
const markLine = new RegExp(`(?:^|\\n)\\[relay task-([0-9a-f]{${markLength}})\\]$`);

/** How many unpredictable names a task may have if the predictable ones are taken. */
const spareNames = 8;

/**
 * The marks by which the relay recognizes its own tasks: a keyed hash (HMAC-SHA-256) of the task, with a secret of the
 * stack. New marks use the current value of the secret. Marks of the previous value stay valid, so a rotation loses no
 * task.
 */
export class TaskMarks {
  constructor(private readonly secret: Pick<Secret, "values" | "reread" | "expire">) {}

  async markOf(task: MarkedTask): Promise<string> {
    return markWith(await this.#key(), task);
  }

  /** Whether the relay made this mark for exactly this task. */
  async proves(mark: string | undefined, task: MarkedTask): Promise<boolean> {
    if (mark === undefined) return false;
    if (fits(await this.secret.values(), mark, task)) return true;
    // Another container may already use a newer value.
    return fits((await this.secret.reread()) ?? [], mark, task);
  }

  /** Hashes for names of the work's task. Without the secret, nobody can predict these names and take them first. */
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

/** The last line of a marked prompt. It looks like the reference at the end of every message. */
export function lineOfMark(mark: string): string {
  return referenceLine(`task-${mark}`);
}

/** The mark in the last line of a prompt. A mark in any other line is a quotation. */
export function markOfPrompt(prompt: string): string | undefined {
  return markLine.exec(prompt.trimEnd())?.[1];
}

function fits(keys: readonly string[], mark: string, task: MarkedTask): boolean {
  return keys.some((key) => key.length >= shortestKey && isSame(mark, markWith(key, task)));
}

/** Coder ignores the case of user and task names. */
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

/** JSON ensures that different lists of parts give different texts. */
function hmac(key: string, parts: readonly (string | number)[]): Buffer {
  return createHmac("sha256", key).update(JSON.stringify(parts)).digest();
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
