import { readFileSync } from "node:fs";
import { z } from "zod";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";

/** A setting or secret that setup needs: its variable, and how to ask for it. */
export interface Needed {
  variable: string;
  question: string;
  /** Don't show the input. */
  isSecret?: boolean;
}

/**
 * The value from the environment or the CDK context, or else the person's answer.
 *
 * @throws {CommandError} if there is none and nobody can be asked.
 */
export async function needed(terminal: Terminal, { variable, question, isSecret }: Needed): Promise<string> {
  const given = givenValue(variable);
  if (given !== undefined) return given;
  if (!terminal.isInteractive) {
    throw new CommandError(
      "usage",
      `${variable} is missing, and nobody can be asked here. Set it in the environment.`,
    );
  }
  const answer = isSecret ? await terminal.askSecret(`${question}: `) : await terminal.ask(`${question}: `);
  if (answer !== "") return answer;
  throw new CommandError("declined", `${variable} is needed. Nothing was changed.`);
}

const contextSchema = z.object({ context: z.record(z.string(), z.unknown()).default({}) });

/** Reads it like the CDK app: the environment wins over `context` in `cdk.json`. */
export function givenValue(variable: string): string | undefined {
  const fromContext = context()[variable];
  const value =
    process.env[variable]?.trim() || (fromContext === undefined ? "" : String(fromContext).trim());
  return value || undefined;
}

function context(): Record<string, unknown> {
  try {
    return contextSchema.parse(JSON.parse(readFileSync("cdk.json", "utf8"))).context;
  } catch {
    return {};
  }
}
