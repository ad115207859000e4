import * as z from "zod/mini";
import { subjectSchema } from "../model/event.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { inboxEnvironment } from "../runtime/environment.js";
import { announceSilence, silences } from "../status/ci-silence.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  reason: z.enum(silences),
  who: z.string(),
  execution: z.string(),
  pull: z.optional(subjectSchema),
});
const { MAX_CI_ROUNDS: maxRounds } = inboxEnvironment();
const store = new TaskStore();

/** Says in the status comment why the agent gets no CI failures. */
export async function handler(input: unknown): Promise<void> {
  const { key, reason, who, execution, pull } = parseInput(inputSchema, input);
  await announceSilence(store, key, { reason, who, maxRounds, holder: execution, pull });
}
