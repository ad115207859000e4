import type { TaskRecord, TaskState } from "../tasks/record.js";
import { withoutControls } from "../text/clean.js";
import { statusMarker } from "./marker.js";

const detailLength = 4000;

const headlines: Record<TaskState, string> = {
  created: "🟡 The task has been created; its workspace is starting.",
  running: "🟢 The agent is running.",
  waiting: "💬 The agent has finished its turn and waits for you.",
  stopped: "⏸️ The task is paused.",
  completed: "✅ Completed: the task has been removed.",
  refused: "⛔ No task was created.",
  failed: "🔴 This has failed.",
};

/** Refused while there is a task from before. */
const refusedBeside = "⛔ No new task was created. The one from before stays as it is.";

/** States in which the task's page is there to be opened. */
const linked: readonly TaskState[] = ["created", "running", "waiting", "stopped", "refused", "failed"];

/** States in which it matters what Coder knows of the work. */
const reported: readonly TaskState[] = ["running", "waiting", "stopped", "completed", "failed"];

/** The status comment's Markdown. */
export function statusText({ status, task, report }: TaskRecord): string {
  if (!status) return statusMarker;
  const { state, detail, denial, reference } = status;
  const isThere = task?.url !== undefined && linked.includes(state);
  return [
    statusMarker,
    state === "refused" && isThere ? refusedBeside : headlines[state],
    isThere ? `Task: [${task.name}](${task.url})` : "",
    detail !== undefined ? quote(detail) : "",
    denial !== undefined ? quote(denial) : "",
    report !== undefined && reported.includes(state) ? quote(report) : "",
    reference !== undefined ? `<sub>Reference for operators: \`${reference}\`</sub>` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** A quotation that reads as it was said: words that are not ours must not make HTML, images or mentions. */
function quote(text: string): string {
  const harmless = withoutControls(text)
    .slice(0, detailLength)
    .replace(/[<[*]/g, "\\$&")
    .replace(/@(?=\w)/g, "@\u200b");
  return harmless
    .split("\n")
    .map((line) => `> ${line}`)
    .join("\n");
}
