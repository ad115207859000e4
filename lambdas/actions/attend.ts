import * as z from "zod/mini";
import { type Attention, attend } from "../attention/attending.js";
import { parseInput } from "../model/flow-input.js";
import { attentionEnvironment } from "../runtime/environment.js";

/** For tests and operators; EventBridge Scheduler passes nothing. */
const inputSchema = z.object({ settledSeconds: z._default(z.int().check(z.nonnegative()), 30) });
const { NOTIFY: notify } = attentionEnvironment();

/** Tells people once when they have to act, and updates the status comments with what no delivery reports. */
export async function handler(input: unknown): Promise<Attention> {
  return attend({ ...parseInput(inputSchema, input ?? {}), notify });
}
