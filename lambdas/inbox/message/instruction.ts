import { oneLine } from "../../text/clean.js";
import { withoutFences } from "../../text/look-alikes.js";
import { quotable } from "./data.js";
import { type Input, isNotice } from "./input.js";
import { instructionLength } from "./limits.js";
import { nameOf } from "./section.js";
import {
  branchInstructions,
  defaultInstructions,
  type Instructions,
  noticeInstruction,
  requestInstruction,
  reviewInstructions,
  wording,
} from "./wording.js";

/** How the agent is told what to do with the inputs of a message. */
export interface Guidance {
  instructions: Instructions;
  /** Whether the agent was only asked to review the pull request that an input is about. */
  isReviewed?: (input: Input) => boolean;
}

/**
 * The line that says what to do about these inputs. A team's own instruction is cleaned and cut like all texts, and may
 * contain code, but no fence. If it is blank, the default is used. If the agent only reviews, it is told to push nothing,
 * no matter what the team's instruction says.
 */
export function instruction(
  inputs: readonly Input[],
  { instructions, isReviewed = () => false }: Guidance,
): string {
  const [first, ...others] = inputs;
  if (first?.subject.kind === "branch" && others.length === 0) {
    return branchInstructions[first.kind === "failure" ? "failure" : "job"];
  }
  if (first && isNotice(first) && others.length === 0) return noticeInstruction;
  if (first?.kind === "request" && others.length === 0) return requestInstruction;
  const which = others.length > 0 ? "several" : first?.kind === "failure" ? "failure" : "comment";
  const reviewed = inputs.filter(isReviewed);
  if (reviewed.length === inputs.length) return reviewInstructions[which];
  const own = withoutFences(oneLine(quotable(instructions[which]), instructionLength));
  const line = own || defaultInstructions[which];
  const names = [...new Set(reviewed.map(({ subject }) => nameOf(subject)))];
  return names.length === 0 ? line : `${line} ${wording.reviewed(names.join(", "))}`;
}
