import { byteLength } from "../../text/bytes.js";
import { referenceLine } from "../../text/reference.js";
import type { Input } from "./input.js";
import { type Guidance, instruction } from "./instruction.js";
import { messageBytes } from "./limits.js";
import { section } from "./section.js";
import { wording } from "./wording.js";

export interface Options extends Guidance {
  /** A short token (1–40 letters, digits, hyphens) that identifies the message in a terminal's log. */
  reference: string;
  /** Whether the same inputs may have arrived in an earlier message. */
  mayBeRepeated?: boolean | undefined;
}

export interface Composition {
  text: string;
  /** How many of the inputs, counted from the first, are in the text: at least one. */
  taken: number;
}

/**
 * Composes the message for the agent: as many inputs as fit into 128 KiB, in the order given.
 *
 * @throws RangeError if there are no inputs, or if the reference is not valid.
 */
export function compose(inputs: readonly Input[], options: Options): Composition {
  const [first] = inputs;
  if (first === undefined) throw new RangeError("A message needs at least one input.");
  const sections = sectionsThatFit(inputs, options);
  if (sections.length > 1) {
    const taken = sections.length;
    return { text: frame([wording.several(taken), ...sections], inputs, options), taken };
  }
  return { text: frame([section(first)], [first], options), taken: 1 };
}

/** The numbered sections of a message of several inputs: as many of the first inputs as fit. */
function sectionsThatFit(inputs: readonly Input[], options: Options): string[] {
  const sections: string[] = [];
  let bytes = byteLength(frame([wording.several(inputs.length)], inputs, options));
  for (const input of inputs) {
    const next = section(input, sections.length + 1);
    bytes += byteLength(`${separator}${next}`);
    if (bytes > messageBytes) break;
    sections.push(next);
  }
  return sections;
}

const separator = "\n\n";

function frame(parts: readonly string[], inputs: readonly Input[], options: Options): string {
  return [
    ...(options.mayBeRepeated ? [wording.mayBeRepeated] : []),
    ...parts,
    instruction(inputs, options),
    referenceLine(options.reference),
  ].join(separator);
}
