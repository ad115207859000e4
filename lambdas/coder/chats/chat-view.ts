import type { Phase, TaskView } from "../../model/phase.js";
import { cleanText, oneLine } from "../../text/clean.js";
import type { Chat } from "./chat.js";

const textLength = 600;

/**
 * The statuses of a chat at rest (codersdk/chats.go; older servers also have `pending` and `completed`). `error` means
 * that the last turn failed, and the next message starts another one. `paused` is not among them: somebody is editing the
 * queue, and the chat continues by itself. Any other status, including unknown ones, counts as active.
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

/** Whether a turn is, or may be, running. */
export function isActive({ status }: Pick<Chat, "status">): boolean {
  return phases[status] === undefined;
}

/** Whether the chat is on hold while its owner edits the queue. No interrupt ends that (coder/coder#29215). */
export function isPaused({ status }: Pick<Chat, "status">): boolean {
  return status === "paused";
}

/** Whether an interrupt is about to end its turn. */
export function isBeingInterrupted({ status }: Pick<Chat, "status">): boolean {
  return status === "interrupting";
}

/** Remedies for a failed turn, by Coder's kind of error. Coder may add kinds. */
const remedies: Record<string, string> = {
  usage_limit: "The chat owner's AI budget is used up: raise it in Coder, or wait for its period to end.",
  missing_key: "The AI provider has no API key: an administrator has to set one in Coder.",
  auth: "The AI provider does not accept its API key: an administrator has to replace it in Coder.",
  provider_disabled: "The AI provider is disabled: an administrator has to enable it in Coder.",
  config: "The model's configuration does not work: an administrator has to fix it in Coder.",
  content_filter: "The AI provider's content filter has stopped it: rephrase your comment.",
  rate_limit: "The AI provider limits the rate of requests: try again later.",
  overloaded: "The AI provider is overloaded: try again later.",
  timeout: "The AI provider did not answer in time: try again later.",
  stream_silence_timeout: "The AI provider fell silent: try again later.",
  startup_timeout: "The AI provider fell silent: try again later.",
  hook_denied: "A hook of the Coder deployment has denied it: ask its administrators.",
  hook_dispatch_failed: "A hook of the Coder deployment cannot be reached: ask its administrators.",
};

/**
 * What Coder shows about a chat, for people: one line each for the pull request, the last turn, an error, and a lack of
 * capacity.
 */
function reportOf(chat: Chat): string {
  return [pullRequestOf(chat), summaryOf(chat), errorOf(chat), capacityOf(chat)]
    .filter((line) => line !== "")
    .join("\n");
}

function pullRequestOf({ diff_status: diff }: Chat): string {
  // In lists, a chat without a pull request has an object of zero values.
  if (!diff?.pr_number) return "";
  const state = diff.pull_request_state ? ` (${shown(diff.pull_request_state)})` : "";
  const link = diff.url && /^https:\/\/\S+$/.test(diff.url) ? `: ${shown(diff.url)}` : "";
  return `Pull request #${diff.pr_number}${state}${link}`;
}

function summaryOf({ last_turn_summary: summary }: Chat): string {
  return summary ? `Last turn: ${shown(summary)}` : "";
}

function errorOf({ status, last_error: error }: Chat): string {
  if (status !== "error" || !error) return "";
  const { message, detail, kind } = typeof error === "string" ? { message: error } : { kind: "", ...error };
  const text = [message, detail].flatMap((part) => (part ? [shown(part)] : [])).join(" – ");
  const remedy = remedies[kind ?? ""] ?? "Look at the chat in Coder.";
  return `The last turn has failed${kind ? ` (${shown(kind)})` : ""}: ${text || "Coder does not say why."} ${remedy} The next comment makes the agent try again.`;
}

function capacityOf({ queued_for_capacity: waits }: Chat): string {
  return waits ? "It waits for other agents to finish: Coder's license allows only so many at once." : "";
}

function shown(text: string): string {
  return oneLine(cleanText(text), textLength);
}
