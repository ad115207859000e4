import { secondsFromNow, type Table } from "../aws/table.js";
import type { BatchInput } from "./meta.js";
import type { StoredInput } from "./stored-input.js";

/** An input as an earlier version stored it. */
interface EarlierInput extends StoredInput {
  /** It was sent and may have arrived. */
  mayHaveArrived?: boolean;
}

/**
 * Reads the waiting inputs of an inbox from a version that had no queue. This is done once per inbox, and also reads the
 * delivered inputs. Such an inbox has the count `puts`; inputs are kept for eight days.
 */
export async function earlierInputs(
  table: Table,
  pk: string,
): Promise<{ inputs: (BatchInput & { order: string })[]; repeated: BatchInput[] }> {
  const inputs: (BatchInput & { order: string })[] = [];
  const repeated: BatchInput[] = [];
  const fields = "sk, #delivery, #version, #order, #mayHaveArrived";
  const filter = {
    expression: "#state = :waiting AND #expiresAt > :now",
    values: { waiting: "waiting", now: secondsFromNow(0) },
  };
  for await (const item of table.each<EarlierInput>(pk, "input#", { fields, filter })) {
    const { sk, delivery, version, order, mayHaveArrived } = item;
    const input = { identity: sk.slice("input#".length), delivery, version };
    inputs.push({ ...input, order });
    if (mayHaveArrived) repeated.push(input);
  }
  return { inputs, repeated };
}
