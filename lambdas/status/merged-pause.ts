import { connectGitHub } from "../github/app.js";
import type { TaskRecord, WorkSource } from "../model/record.js";
import { howToStartAnew } from "../model/work.js";
import { type Records, StatusComment } from "./status-comment.js";

/** Announces that the task is paused because its last pull request was merged, and how to continue or end it. */
export async function announceMergedPause(
  store: Records,
  { source, intent }: TaskRecord,
  holder: string,
): Promise<void> {
  if (!source) return;
  const comment = new StatusComment(store, await connectGitHub(), source, holder);
  await comment.say(
    { state: "stopped", detail: `Its last pull request was merged${howToContinue(source)}` },
    // A failure stays visible until the failed run has been repaired.
    {
      expression: "#intent = :holder AND #status.#state <> :failed",
      values: { holder: intent, failed: "failed" },
    },
  );
}

function howToContinue(source: WorkSource): string {
  return "issue" in source
    ? ", and this issue is still open. Comment here to let the agent continue. Close the issue to end the task."
    : `. ${howToStartAnew(source)}`;
}
