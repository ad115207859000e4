import { Table } from "../aws/table.js";
import type { TaskKey } from "../model/record.js";
import { InputItems, inboxPartition } from "./input-items.js";
import { fingerprintOf, type NewInput } from "./stored-input.js";
import { isNewer } from "./version.js";

/**
 * Whether an input never reached an inbox: the inbox has neither this version nor a newer one, and the agent was not sent
 * the same text. An inbox remembers its inputs for eight days.
 */
export async function isMissing(key: TaskKey, { identity, ...fields }: NewInput): Promise<boolean> {
  const known = await new InputItems(new Table(), inboxPartition(key)).get(identity);
  if (!known) return true;
  const { input } = fields;
  // A conflict is reported once for each commit of its base, no matter when it was found.
  if ("conflict" in input) return !known.version.endsWith(`#${input.conflict.baseSha}`);
  const isDelivered = input.kind !== "failure" && known.deliveredText === fingerprintOf(input.body);
  return !isDelivered && isNewer(fields, known);
}
