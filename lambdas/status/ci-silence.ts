import { connectGitHub } from "../github/app.js";
import type { Subject } from "../model/event.js";
import type { TaskKey, TaskStatus, WorkSource } from "../model/record.js";
import { type Records, StatusComment } from "./status-comment.js";

/** Why the agent gets no CI failures: the limit of rounds, a person's commit, workflows that wait for approval. */
export const silences = ["limit", "person", "approval"] as const;

export interface Silence {
  reason: (typeof silences)[number];
  /** The login of the person who pushed the newest commit. */
  who: string;
  /** The limit of messages about failures in a row. */
  maxRounds: number;
  /** The execution that found the reason. */
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

/** Notifies a person, if only a person can change the reason. Later failures for the same reason are not new transitions. */
function asks({ reason, holder, pull }: Silence, known: TaskStatus | undefined): Pick<TaskStatus, "asks"> {
  if (reason === "person" || !pull) return {};
  return { asks: known?.asks ?? { transition: `${reason}#${holder.replace(/^.*:/, "")}`, pull } };
}

/** Where people can reach the agent. If the agent was given a pull request, the status comment is on the pull request. */
function whereToSay(source: WorkSource): string {
  if (!("issue" in source)) return "on the pull request";
  return source.issue.ask === undefined ? "here or on the pull request" : "here";
}

function textOf({ reason, who, maxRounds }: Silence, where: string): string {
  switch (reason) {
    case "limit":
      return `${maxRounds === 1 ? "A message about a failed CI run has" : `${maxRounds} messages about failed CI runs in a row have`} not helped, so the agent gets no more of them. Say what to do, ${where}, and the relay continues.`;
    case "person":
      return `${who} pushed the newest commit of the pull request, so the agent gets no CI failures until it pushes again. Your comments ${where} still reach it.`;
    case "approval":
      return "CI is waiting: a maintainer must approve the workflows on the pull request.";
  }
}
