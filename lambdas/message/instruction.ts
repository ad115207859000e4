import { oneLine } from "../text/clean.js";
import { quotable } from "./data.js";
import type { Input } from "./input.js";
import { instructionLength } from "./limits.js";
import { defaultInstructions, type Instructions } from "./wording.js";

/**
 * The one line that says what to do about these inputs. A team's own words are cleaned and bounded as all others
 * are, and may hold code, but no fence; blank ones stand for ours.
 */
export function instruction(inputs: readonly Input[], instructions: Instructions): string {
  const which = inputs.length > 1 ? "several" : inputs[0]?.kind === "failure" ? "failure" : "comment";
  const line = oneLine(quotable(instructions[which]), instructionLength).replace(/`{3,}|~{3,}/g, "'''");
  return line || defaultInstructions[which];
}
