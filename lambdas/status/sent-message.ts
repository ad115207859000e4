import { connectGitHub } from "../github/app.js";
import type { TextDeniedError } from "../model/errors.js";
import type { TaskRecord, TaskState, TaskStatus } from "../model/record.js";
import { failureText } from "./audience.js";
import { withCurrentAudience } from "./current-audience.js";
import { sayAsDrain } from "./drain-status.js";
import type { Records } from "./status-comment.js";

/** A message of a drain: the URLs of its inputs, and Coder's report on the task before the message. */
export interface SentMessage {
  drain: { generation: number };
  report: string;
  sent: readonly string[];
}

/** After a message, the agent runs. Says so in the status comment, unless it already does. */
export async function announceSent(store: Records, record: TaskRecord, message: SentMessage): Promise<void> {
  const status = statusAfter(record, message);
  if (!status) return;
  await sayAsDrain(store, record, message.drain, status, message.report || undefined);
}

/** Adds to the status comment which input the agent did not get. */
export async function announceDenial(
  store: Records,
  record: TaskRecord,
  { drain, url, error }: Pick<SentMessage, "drain"> & { url: string; error: TextDeniedError },
): Promise<void> {
  if (!record.status || !record.source) return;
  const { repository } = await withCurrentAudience(await connectGitHub(), record.source);
  const denial = `The agent did not get ${url}: ${failureText(error, repository)}`;
  await sayAsDrain(store, record, drain, { ...record.status, denial });
}

/** `undefined` if the status comment needs no change. */
function statusAfter({ status, report: known }: TaskRecord, { report, sent }: SentMessage) {
  if (!status) return undefined;
  // The denied text was edited, and has been sent.
  const isDenialOver = sent.some((url) => status.denial?.includes(`${url}: `));
  const changes: Readonly<Record<TaskState, boolean>> = {
    // The message starts a turn.
    failed: true,
    waiting: true,
    // A detail, such as the limit of CI rounds, no longer applies after a message.
    running: status.detail !== undefined || (report !== "" && report !== known),
    // The task was paused, and this has resumed it.
    stopped: true,
    created: false,
    completed: false,
    refused: false,
  };
  if (!isDenialOver && !changes[status.state]) return undefined;
  const { denial } = status;
  return { state: "running", ...(denial !== undefined && !isDenialOver && { denial }) } satisfies TaskStatus;
}
