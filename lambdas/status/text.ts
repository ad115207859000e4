import type {
  PullChecks,
  TaskLocation,
  TaskPull,
  TaskRecord,
  TaskState,
  WorkSource,
} from "../model/record.js";
import { statusMarker } from "../model/status-marker.js";
import { isTaskName } from "../model/task-name.js";
import { gitHubPages } from "../runtime/environment.js";
import { codeSpan } from "../text/code-span.js";
import { cutToLimit } from "../text/limits.js";
import { reportText } from "./audience.js";
import { denialLine, inertLine, type QuotationContext, quotation, reportLine } from "./quotation.js";

const nameLength = 100;
/** How much of a text is processed. Less than that is shown. */
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

/** A refusal while the task of an earlier event still exists. */
const refusedBeside = "⛔ No new task was created. The existing one stays as it is.";

/** States in which the task has a page in Coder. */
const linked: readonly TaskState[] = ["created", "running", "waiting", "stopped", "refused", "failed"];

/** States in which Coder's report is shown. */
const reported: readonly TaskState[] = ["running", "waiting", "stopped", "completed", "failed"];

/** The status comment in Markdown, with nothing that the readers of its page must not see. */
export function statusText(record: TaskRecord, source: WorkSource): string {
  const { status, task, pulls = [] } = record;
  if (!status) return statusMarker;
  const { state, denial } = status;
  const isThere = task?.url !== undefined && linked.includes(state);
  const { context, quote, detail, report, reference } = partsOf(record, source);
  return paragraphs([
    statusMarker,
    state === "refused" && isThere ? refusedBeside : headlines[state],
    isThere ? `Task: ${linkTo(task)}` : "",
    pullsLine(pulls, source.repository.id),
    detail,
    quote(denial, (line, index) => (index === 0 ? denialLine(line, context) : inertLine(line))),
    reported.includes(state) ? report : "",
    reference,
  ]);
}

/** The content of a comment that notifies a person. */
export interface Mention {
  /** The person's current login. */
  login: string;
  headline: string;
  /** What it repeats from the status comment: why and what to do, or the agent's last words. */
  shows?: "detail" | "report";
}

/** The comment in Markdown. It notifies nobody else. */
export function mentionText(
  record: TaskRecord,
  source: WorkSource,
  { marker, login, headline, shows }: Mention & { marker: string },
): string {
  const { detail, report, reference } = partsOf(record, source);
  return paragraphs([
    marker,
    `@${login} ${headline}`,
    shows === "detail" ? detail : "",
    shows === "report" ? report : "",
    shows === "detail" ? reference : "",
  ]);
}

/** The parts of a record that are quoted. */
function partsOf({ status, task, report, pulls = [] }: TaskRecord, source: WorkSource) {
  const { repository } = source;
  const context: QuotationContext = { origin: originOf(source), repository };
  const hosts = hostsOf(task);
  const quote = (text = "", shown?: (line: string, index: number) => string) => {
    const start = cutToLimit(text, quotedAtMost);
    const page = `${context.origin}/${repository.owner}/${repository.name}`;
    const report = reportText(start, repository, { page, hosts });
    return report.trim() === "" ? "" : quotation(report, shown);
  };
  const reference = status?.reference;
  return {
    context,
    quote,
    detail: quote(status?.detail),
    report: quote(withoutPulls(report, pulls), (line) => reportLine(line, context)),
    reference:
      reference !== undefined ? `<sub>Reference for operators: ${codeSpan(reference, nameLength)}</sub>` : "",
  };
}

function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The link to the task, for the requester. It is also shown in public, because Coder requires a sign-in. */
function linkTo({ name, url = "" }: TaskLocation): string {
  const shown = codeSpan(name, nameLength);
  if (!/^https?:\/\/[^\s<>()]+$/.test(url)) return shown;
  return `[${isTaskName(name) ? name : shown}](${url})`;
}

const results = { passed: "✅", failed: "❌", running: "🟡" } as const;

/** `Pull request: [#7](…) (open, checks ✅)`: all pull requests of the task, with their state, conflicts and CI result. */
function pullsLine(pulls: readonly TaskPull[], repositoryId: number): string {
  // The record has them in the order in which their webhooks arrived.
  const sorted = pulls.toSorted((a, b) => a.number - b.number);
  const shown = sorted.map(({ repository: { id, owner, name }, number, url, state, checks }) => {
    const title = id === repositoryId ? `#${number}` : `${owner}/${name}#${number}`;
    const isOver = state === "merged" || state === "closed";
    return `[${title}](${url}) (${[state, ...(isOver || !checks ? [] : remarksOn(checks))].join(", ")})`;
  });
  return shown.length === 0 ? "" : `Pull request${shown.length > 1 ? "s" : ""}: ${shown.join(", ")}`;
}

function remarksOn({ isMergeable, result }: PullChecks): string[] {
  return [
    ...(isMergeable === false ? ["has conflicts"] : []),
    ...(result === "none" ? [] : [`checks ${results[result]}`]),
  ];
}

/** Removes Coder's lines about these pull requests, because GitHub knows better. */
function withoutPulls(report: string | undefined, pulls: readonly TaskPull[]): string | undefined {
  const isKnown = (line: string) =>
    line.startsWith("Pull request #") && pulls.some(({ url }) => line.endsWith(`: ${url}`));
  return report
    ?.split("\n")
    .filter((line) => !isKnown(line))
    .join("\n");
}

/** Coder's host, unless it is a single word. It may appear only in the task's link. */
function hostsOf(task: TaskLocation | undefined): string[] {
  const host = task?.url !== undefined && URL.canParse(task.url) ? new URL(task.url).hostname : "";
  return host.includes(".") ? [host] : [];
}

/** The origin of GitHub's pages, taken from the URL of the work. A job has no URL, so the settings decide. */
function originOf(source: WorkSource): string {
  if ("job" in source) return gitHubPages();
  const url = "issue" in source ? source.issue.url : source.run.url;
  return URL.canParse(url) ? new URL(url).origin : gitHubPages();
}
