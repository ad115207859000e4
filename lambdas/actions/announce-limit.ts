import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { parseInput, taskKeySchema } from "../model/flow-input.js";
import { inboxEnvironment } from "../runtime/environment.js";
import { StatusComment } from "../status/status-comment.js";
import { TaskStore } from "../tasks/store.js";

const inputSchema = z.object({
  key: taskKeySchema,
  /** The ARN of the execution; runs that were started before it was passed have none. */
  execution: z.optional(z.string()),
});
const { MAX_CI_ROUNDS: maxRounds } = inboxEnvironment();
const store = new TaskStore();

/** Says that no more failures are relayed until somebody says something. */
export async function handler(input: unknown): Promise<void> {
  const { key, execution } = parseInput(inputSchema, input);
  const record = await store.get(key);
  const state = record?.status?.state;
  if (!record?.source || (state !== "created" && state !== "running" && state !== "waiting")) return;
  const where = "issue" in record.source ? "here or on the pull request" : "on the pull request";
  const holder = execution ?? "announce-limit";
  const comment = new StatusComment(store, await connectGitHub(), record.source, holder);
  await comment.say(
    {
      state: state === "waiting" ? state : "running",
      isUrgent: true,
      detail: `${maxRounds === 1 ? "A message about a failed CI run has" : `${maxRounds} messages about failed CI runs in a row have`} not helped: the agent is told of no more of them. Say what to do, ${where}, and the relay goes on.`,
    },
    { expression: "#intent = :holder", values: { holder: record.intent } },
  );
}
