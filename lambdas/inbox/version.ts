import type { Input } from "./message/input.js";
import type { NewInput, StoredInput } from "./stored-input.js";

type Fields = Omit<NewInput, "identity">;

/** A withdrawn comment stays withdrawn. Of two texts within one second, the one that arrives later counts as newer. */
export function isNewer(input: Fields, known: StoredInput): boolean {
  if (known.delivery === input.delivery || known.replaced?.includes(input.delivery)) return false;
  if (known.state === "withdrawn" && known.version === "") return false;
  if (input.version !== known.version) return input.version > known.version;
  return input.input.kind !== "failure" && input.input.previousBody !== undefined;
}

/**
 * The content and state of an input after a newer text. If several edits arrive before one is sent, the agent gets the
 * text that it knows and the newest one. If both are the same, it gets nothing, unless an edit in between is being sent.
 */
export function whatToTell(
  input: Input,
  known: StoredInput | undefined,
): { input: Input; state: StoredInput["state"] } {
  const isEdited = known?.state === "waiting" && known.deliveredVersion !== undefined;
  const delivered = isEdited && known.input?.kind !== "failure" ? known.input?.previousBody : undefined;
  if (delivered === undefined || input.kind === "failure") return { input, state: "waiting" };
  return {
    input: { ...input, previousBody: delivered },
    state: input.body === delivered ? "delivered" : "waiting",
  };
}

/** The deliveries of earlier texts within the same second, because their version doesn't show that they are older. */
export function replacedBy(
  { version }: Pick<NewInput, "version">,
  known: StoredInput | undefined,
): string[] | undefined {
  return known?.version === version ? [...(known.replaced ?? []), known.delivery] : undefined;
}
