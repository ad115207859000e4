import { connectGitHub } from "../github/app.js";
import type { TaskKey } from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** Announces that no more failures are relayed, after `maxRounds` messages about them, until somebody comments. */
export async function announceLimit(
  store: Records,
  key: TaskKey,
  { maxRounds, holder }: { maxRounds: number; holder: string },
): Promise<void> {
  const record = await store.get(key);
  const state = record?.status?.state;
  if (!record?.source || (state !== "created" && state !== "running" && state !== "waiting")) return;
  const where = "issue" in record.source ? "here or on the pull request" : "on the pull request";
  const comment = new StatusComment(store, await connectGitHub(), record.source, holder);
  await comment.say(
    {
      state: state === "waiting" ? state : "running",
      isUrgent: true,
      detail: `${maxRounds === 1 ? "A message about a failed CI run has" : `${maxRounds} messages about failed CI runs in a row have`} not helped, so the agent gets no more of them. Say what to do, ${where}, and the relay continues.`,
    },
    { expression: "#intent = :holder", values: { holder: record.intent } },
  );
}
