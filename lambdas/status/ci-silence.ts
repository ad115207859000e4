import { connectGitHub } from "../github/app.js";
import type { Subject } from "../model/event.js";
import type { TaskKey, TaskStatus, WorkSource } from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** Why the agent gets no CI failures: the limit of rounds, a person's commit, workflows that wait for approval. */
export const silences = ["limit", "person", "approval"] as const;

export interface Silence {
  reason: (typeof silences)[number];
  /** The login of the person who has pushed the newest commit. */
  who: string;
  /** The limit of messages about failures in a row. */
  maxRounds: number;
  /** The execution that has found it. */
  holder: string;
  /** The pull request; missing in executions that an earlier version started. */
  pull?: Subject | undefined;
}

/** Announces that the agent gets no CI failures, and who can change that. */
export async function announceSilence(store: Records, key: TaskKey, silence: Silence): Promise<void> {
  const record = await store.get(key);
  const state = record?.status?.state;
  if (!record?.source || (state !== "created" && state !== "running" && state !== "waiting")) return;
  const where = whereToSay(record.source);
  const comment = new StatusComment(store, await connectGitHub(), record.source, silence.holder);
  const detail = textOf(silence, where);
  await comment.say(
    {
      state: state === "waiting" ? state : "running",
      isUrgent: true,
      detail,
      ...asks(silence, record.status?.detail === detail ? record.status : undefined),
    },
    { expression: "#intent = :holder", values: { holder: record.intent } },
  );
}

/** What keeps the agent from CI, and only a person can change. The next failures of the same kind are no transitions of their own. */
function asks({ reason, holder, pull }: Silence, known: TaskStatus | undefined): Pick<TaskStatus, "asks"> {
  if (reason === "person" || !pull) return {};
  return { asks: known?.asks ?? { transition: `${reason}#${holder.replace(/^.*:/, "")}`, pull } };
}

/** For people: where the agent hears them. The status comment of a pull request that the agent was given is on it. */
function whereToSay(source: WorkSource): string {
  if (!("issue" in source)) return "on the pull request";
  return source.issue.ask === undefined ? "here or on the pull request" : "here";
}

function textOf({ reason, who, maxRounds }: Silence, where: string): string {
  switch (reason) {
    case "limit":
      return `${maxRounds === 1 ? "A message about a failed CI run has" : `${maxRounds} messages about failed CI runs in a row have`} not helped, so the agent gets no more of them. Say what to do, ${where}, and the relay continues.`;
    case "person":
      return `${who} has pushed the newest commit of the pull request, so CI failures are not passed to the agent until it pushes again. What you say, ${where}, still reaches it.`;
    case "approval":
      return "CI waits: a maintainer must approve the workflows on the pull request.";
  }
}
