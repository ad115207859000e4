import type { Phase, TaskView } from "../../model/phase.js";
import { cleanText, oneLine } from "../../text/clean.js";
import type { Chat } from "./chat.js";

const textLength = 600;

/**
 * Coder's words for where a chat stands (codersdk/chats.go); older servers also say `pending` and `completed`.
 * `paused` is a chat whose queue somebody edits: it goes on by itself. One that has failed takes up its work with
 * the next message. A word that is not known is active, for all that may be done with a chat.
 */
const phases: Record<string, Phase> = {
  waiting: "ready",
  completed: "ready",
  error: "ready",
};

export function viewOf(chat: Chat): TaskView {
  const report = reportOf(chat);
  const since = Date.parse(chat.updated_at ?? "");
  return {
    phase: chat.archived ? "paused" : (phases[chat.status] ?? "working"),
    status: chat.archived ? "archived" : chat.status,
    queues: true,
    ...(!Number.isNaN(since) && { since }),
    ...(chat.status === "error" && { hasFailed: true }),
    ...(report !== "" && { report }),
  };
}

/** Whether a turn is under way, or may be. */
export function isActive({ status }: Pick<Chat, "status">): boolean {
  return phases[status] === undefined;
}

/** Whether it stands still while its owner edits what is to come next: no interrupt ends that (coder/coder#29215). */
export function isPaused({ status }: Pick<Chat, "status">): boolean {
  return status === "paused";
}

/** Whether its turn is about to end. */
export function isBeingInterrupted({ status }: Pick<Chat, "status">): boolean {
  return status === "interrupting";
}

/** What to do about a turn that has failed, by Coder's kind of error. The set is open. */
const remedies: Record<string, string> = {
  usage_limit: "The chat owner's AI budget is used up: raise it in Coder, or wait for its period to end.",
  missing_key: "The AI provider has no API key: an administrator has to set one in Coder.",
  auth: "The AI provider does not accept its API key: an administrator has to replace it in Coder.",
  provider_disabled: "The AI provider is disabled: an administrator has to enable it in Coder.",
  config: "The model's configuration does not work: an administrator has to mend it in Coder.",
  content_filter: "The AI provider's content filter has stopped it: say the same in other words.",
  rate_limit: "The AI provider limits the rate of requests: try again later.",
  overloaded: "The AI provider is overloaded: try again later.",
  timeout: "The AI provider did not answer in time: try again later.",
  stream_silence_timeout: "The AI provider fell silent: try again later.",
  startup_timeout: "The AI provider fell silent: try again later.",
  hook_denied: "A hook of the Coder deployment has denied it: ask its administrators.",
  hook_dispatch_failed: "A hook of the Coder deployment cannot be reached: ask its administrators.",
};

/** What Coder knows of a chat, for people: the pull request, the last turn, what went wrong. A line for each. */
function reportOf(chat: Chat): string {
  return [pullRequestOf(chat), summaryOf(chat), errorOf(chat), capacityOf(chat)]
    .filter((line) => line !== "")
    .join("\n");
}

function pullRequestOf({ diff_status: diff }: Chat): string {
  // Lists have an object of zero values where there is no pull request.
  if (!diff?.pr_number) return "";
  const state = diff.pull_request_state ? ` (${said(diff.pull_request_state)})` : "";
  const link = diff.url && /^https:\/\/\S+$/.test(diff.url) ? `: ${said(diff.url)}` : "";
  return `Pull request #${diff.pr_number}${state}${link}`;
}

function summaryOf({ last_turn_summary: summary }: Chat): string {
  return summary ? `Last turn: ${said(summary)}` : "";
}

function errorOf({ status, last_error: error }: Chat): string {
  if (status !== "error" || !error) return "";
  const { message, detail, kind } = typeof error === "string" ? { message: error } : { kind: "", ...error };
  const words = [message, detail].flatMap((part) => (part ? [said(part)] : [])).join(" – ");
  const remedy = remedies[kind ?? ""] ?? "Look at the chat in Coder.";
  return `The last turn has failed${kind ? ` (${said(kind)})` : ""}: ${words || "Coder does not say why."} ${remedy} The next comment makes the agent try again.`;
}

function capacityOf({ queued_for_capacity: waits }: Chat): string {
  return waits ? "It waits for other agents to finish: Coder's license allows only so many at once." : "";
}

function said(text: string): string {
  return oneLine(cleanText(text), textLength);
}
