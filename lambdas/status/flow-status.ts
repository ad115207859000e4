import type { Condition } from "../aws/table.js";
import { connectGitHub } from "../github/app.js";
import type { WorkEvent } from "../model/event.js";
import type { TaskState } from "../model/record.js";
import { howToStartAnew, whyPaused } from "../model/work.js";
import { failureText } from "./audience.js";
import { messageOf } from "./cause.js";
import { withCurrentAudience } from "./current-audience.js";
import { type Records, StatusComment } from "./status-comment.js";

/** An error that a `Catch` of Step Functions caught. */
interface Caught {
  Error: string;
  Cause: string;
}

/** A flow's entry for the status comment. */
export interface Announcement {
  event: WorkEvent;
  /** The ARN of the execution. Executions that an earlier version started don't pass it. */
  execution?: string | undefined;
  state: TaskState;
  /** The intent that the flow holds. Without one, a refusal must not replace the status of a task that is wanted. */
  intent?: number | undefined;
  /** The reason and the remedy, for people. */
  detail?: string | undefined;
  /** Coder's report on the task. The state `created` forgets the report of an earlier task. */
  report?: string | undefined;
  /** The error to announce instead of a detail. */
  error?: Caught | undefined;
  /** The decisions of the flow's states so far. For a refusal, the last one is the reason. */
  decisions?:
    | {
        claim?: { intent: number | null; reason: string } | undefined;
        error?: Caught | undefined;
      }
    | undefined;
}

/** Writes a flow's state into the status comment. `announced` is `false` if a newer event has overtaken the flow. */
export async function announceState(
  store: Records,
  { event, execution, state, report, decisions = {}, ...given }: Announcement,
): Promise<{ announced: boolean }> {
  const { claim } = decisions;
  const intent = given.intent ?? claim?.intent ?? undefined;
  const error = given.error ?? decisions.error;
  const pause = state === "stopped" && event.type === "task_closed" ? whyPaused(event) : undefined;
  const reason = pause ?? given.detail ?? (error ? undefined : claim?.reason);
  const failure = error && { name: error.Error, message: messageOf(error.Cause) };
  const app = await connectGitHub();
  const { repository } = failure ? await withCurrentAudience(app, event) : event;
  const detail = reason ?? (failure && `${failureText(failure, repository)} ${howToStartAnew(event)}`);
  const comment = new StatusComment(store, app, event, execution ?? event.delivery);
  const announced = await comment.say(
    { state, ...(detail !== undefined && { detail }), ...(state === "refused" && { refusedAt: event.at }) },
    intent === undefined ? noTaskWanted : { expression: "#intent = :holder", values: { holder: intent } },
    state === "created" ? "" : report,
  );
  return { announced };
}

const noTaskWanted: Condition = {
  expression: "attribute_not_exists(#intent) OR #wanted = :no",
  values: { no: false },
};
