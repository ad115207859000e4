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
/** The part of a text that is processed; less of it is shown. */
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
const refusedBeside = "⛔ No new task was created. The one from before stays as it is.";

/** States in which the task has a page that can be opened. */
const linked: readonly TaskState[] = ["created", "running", "waiting", "stopped", "refused", "failed"];

/** States in which Coder's report is shown. */
const reported: readonly TaskState[] = ["running", "waiting", "stopped", "completed", "failed"];

/** The status comment in Markdown, with only what the readers of its page may see. */
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

/** What a person is told in a comment of its own. */
export interface Mention {
  /** The person, by the present login. */
  login: string;
  headline: string;
  /** What the status comment says besides: why and what to do, or the agent's last words. */
  shows?: "detail" | "report";
}

/** The comment in Markdown. Nothing in it notifies anybody but the person. */
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

/** The link that the requester needs. It is shown in public too, because Coder asks for a sign-in. */
function linkTo({ name, url = "" }: TaskLocation): string {
  const shown = codeSpan(name, nameLength);
  if (!/^https?:\/\/[^\s<>()]+$/.test(url)) return shown;
  return `[${isTaskName(name) ? name : shown}](${url})`;
}

const results = { passed: "✅", failed: "❌", running: "🟡" } as const;

/** `Pull request: [#7](…) (open, checks ✅)`: all of the task's, each with its state, its conflicts and what CI says. */
function pullsLine(pulls: readonly TaskPull[], repositoryId: number): string {
  // They are noted in whatever order their webhooks arrive.
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

/** Without what Coder says about these pull requests: GitHub knows better. */
function withoutPulls(report: string | undefined, pulls: readonly TaskPull[]): string | undefined {
  const isKnown = (line: string) =>
    line.startsWith("Pull request #") && pulls.some(({ url }) => line.endsWith(`: ${url}`));
  return report
    ?.split("\n")
    .filter((line) => !isKnown(line))
    .join("\n");
}

/** Coder's host, unless it is a single word. It is shown in the task's link only. */
function hostsOf(task: TaskLocation | undefined): string[] {
  const host = task?.url !== undefined && URL.canParse(task.url) ? new URL(task.url).hostname : "";
  return host.includes(".") ? [host] : [];
}

/** The origin of GitHub's pages, taken from the URL of the work; a job has none, so the settings decide. */
function originOf(source: WorkSource): string {
  if ("job" in source) return gitHubPages();
  const url = "issue" in source ? source.issue.url : source.run.url;
  return URL.canParse(url) ? new URL(url).origin : gitHubPages();
}
