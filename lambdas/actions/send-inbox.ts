import * as z from "zod/mini";
import { defaultInstructions } from "../inbox/message/wording.js";
import { firstAgentWait } from "../inbox/readiness.js";
import { type Sending, sendInbox } from "../inbox/sending.js";
import { agentWaitSchema, drainSchema, parseInput, stateIn } from "../model/flow-input.js";
import { instructionEnvironment } from "../runtime/environment.js";
import { TaskStore } from "../tasks/store.js";

/** The last observation; absent in the first call. */
const observationSchema = z.optional(z.object({ wait: agentWaitSchema }));
const inputSchema = z.object({
  drain: drainSchema,
  observation: observationSchema,
  /** The name of `observation` in executions that an earlier version started. */
  look: observationSchema,
});
/** Passed beside the state. Absent in executions that an earlier version started. */
const attemptSchema = z.object({ retries: z._default(z.int(), 0) });

const store = new TaskStore();
const settings = instructionEnvironment();
const instructions = {
  comment: settings.COMMENT_INSTRUCTION ?? defaultInstructions.comment,
  failure: settings.FAILURE_INSTRUCTION ?? defaultInstructions.failure,
  several: settings.SEVERAL_INSTRUCTION ?? defaultInstructions.several,
};

/** Sends the waiting inputs to the agent as one message, if the agent is ready. */
export async function handler(input: unknown): Promise<Sending> {
  const { drain, look, observation = look } = parseInput(inputSchema, stateIn(input));
  const { retries } = parseInput(attemptSchema, input);
  return sendInbox(drain, observation?.wait ?? firstAgentWait, { store, instructions, retries });
}
