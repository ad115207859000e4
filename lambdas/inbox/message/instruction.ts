import { oneLine } from "../../text/clean.js";
import { withoutFences } from "../../text/look-alikes.js";
import { quotable } from "./data.js";
import { type Input, isNotice } from "./input.js";
import { instructionLength } from "./limits.js";
import {
  branchInstructions,
  defaultInstructions,
  type Instructions,
  noticeInstruction,
  requestInstruction,
} from "./wording.js";

/**
 * The line that says what to do about these inputs. A team's own instruction is cleaned and cut like all texts, and may
 * contain code, but no fence. If it is blank, the default is used.
 */
export function instruction(inputs: readonly Input[], instructions: Instructions): string {
  const [first, ...others] = inputs;
  if (first?.subject.kind === "branch" && others.length === 0) {
    return branchInstructions[first.kind === "failure" ? "failure" : "job"];
  }
  if (first && isNotice(first) && others.length === 0) return noticeInstruction;
  if (first?.kind === "request" && others.length === 0) return requestInstruction;
  const which = others.length > 0 ? "several" : first?.kind === "failure" ? "failure" : "comment";
  const line = withoutFences(oneLine(quotable(instructions[which]), instructionLength));
  return line || defaultInstructions[which];
}
