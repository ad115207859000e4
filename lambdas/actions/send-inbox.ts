import * as z from "zod/mini";
import { defaultInstructions } from "../inbox/message/wording.js";
import { firstAgentWait } from "../inbox/readiness.js";
import { type Sending, sendInbox } from "../inbox/sending.js";
import { agentWaitSchema, drainSchema, parseInput } from "../model/flow-input.js";
import { instructionEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  drain: drainSchema,
  /** The last observation; absent in the first call. */
  look: z.optional(z.object({ wait: agentWaitSchema })),
});

const store = new TaskStore();
const settings = instructionEnvironment();
const instructions = {
  comment: settings.COMMENT_INSTRUCTION ?? defaultInstructions.comment,
  failure: settings.FAILURE_INSTRUCTION ?? defaultInstructions.failure,
  several: settings.SEVERAL_INSTRUCTION ?? defaultInstructions.several,
};

/** Sends all waiting inputs to the agent as one message, if the agent is ready. */
export async function handler(input: unknown): Promise<Sending> {
  const { drain, look } = parseInput(inputSchema, input);
  return sendInbox(drain, look?.wait ?? firstAgentWait, { store, instructions });
}
