import type { TaskLocation, TaskRecord, TaskState, WorkSource } from "../model/record.js";
import { statusMarker } from "../model/status-marker.js";
import { isTaskName } from "../model/task-name.js";
import { gitHubPages } from "../runtime/environment.js";
import { codeSpan } from "../text/code-span.js";
import { cutToLimit } from "../text/limits.js";
import { reportText } from "./audience.js";
import { denialLine, inertLine, type QuotationPlace, quotation, reportLine } from "./quotation.js";

const nameLength = 100;
/** So much of a text is looked at, which is more than is shown. */
const quotedAtMost = { max: 8000, unit: "utf16" } as const;

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

/** The status comment's Markdown, for those who can read the page that it stands on. */
export function statusText({ status, task, report }: TaskRecord, source: WorkSource): string {
  if (!status) return statusMarker;
  const { state, detail, denial, reference } = status;
  const isThere = task?.url !== undefined && linked.includes(state);
  const { repository } = source;
  const place: QuotationPlace = { origin: originOf(source), repository };
  const hosts = hostsOf(task);
  const quote = (text = "", shown?: (line: string, index: number) => string) => {
    const start = cutToLimit(text, quotedAtMost);
    const page = `${place.origin}/${repository.owner}/${repository.name}`;
    const words = reportText(start, repository, { page, hosts });
    return words.trim() === "" ? "" : quotation(words, shown);
  };
  return [
    statusMarker,
    state === "refused" && isThere ? refusedBeside : headlines[state],
    isThere ? `Task: ${linkTo(task)}` : "",
    quote(detail),
    quote(denial, (line, index) => (index === 0 ? denialLine(line, place) : inertLine(line))),
    quote(reported.includes(state) ? report : "", (line) => reportLine(line, place)),
    reference !== undefined ? `<sub>Reference for operators: ${codeSpan(reference, nameLength)}</sub>` : "",
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** The one link that the requester needs, whoever else may read it: Coder asks everybody to sign in. */
function linkTo({ name, url = "" }: TaskLocation): string {
  const shown = codeSpan(name, nameLength);
  if (!/^https?:\/\/[^\s<>()]+$/.test(url)) return shown;
  return `[${isTaskName(name) ? name : shown}](${url})`;
}

/** Coder's own host, unless it is a mere word. It stands in the task's link, and nowhere else. */
function hostsOf(task: TaskLocation | undefined): string[] {
  const host = task?.url !== undefined && URL.canParse(task.url) ? new URL(task.url).hostname : "";
  return host.includes(".") ? [host] : [];
}

/** Where GitHub's pages are, by what it has told of the work itself; a job has no page of its own. */
function originOf(source: WorkSource): string {
  if ("job" in source) return gitHubPages();
  const url = "issue" in source ? source.issue.url : source.run.url;
  return URL.canParse(url) ? new URL(url).origin : gitHubPages();
}
