import type { Survey, SurveyedIssue, SurveyedPull } from "../github/survey.js";
import { findWorkRequests, type WorkRequest } from "../github/work-requests.js";
import type { PullAsk } from "../model/event.js";
import { issueKey, pullKey, type TaskKey, type TaskRecord } from "../model/record.js";
import { agentOf, type Batch, isSettled, recordOf } from "./batch.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** An issue that the agent is assigned to, or a pull request with what the agent is asked to do. */
type Asked = { issue: SurveyedIssue } | { pull: SurveyedPull; ask: PullAsk };

/** A request whose record doesn't want a task for it. */
interface Unwanted {
  survey: Survey;
  asked: Asked;
  record: TaskRecord | undefined;
}

/**
 * Open issues that are assigned to the agent and other people's pull requests that were given to it, if no task is wanted
 * for them or the task is asked for something else. A refusal stands until the next request.
 */
export async function missedRequests(batch: Batch): Promise<MissedDelivery[]> {
  const unwanted: Unwanted[] = [];
  for (const survey of batch.surveys) {
    for (const asked of askedIn(batch, survey)) {
      const record = await recordOf(batch, keyOf(asked, survey));
      if (!isKnown(batch, asked, record)) unwanted.push({ survey, asked, record });
    }
  }
  const works = unwanted.map(({ asked }): [string, PullAsk] =>
    "pull" in asked ? [asked.pull.nodeId, asked.ask] : [asked.issue.nodeId, "work"],
  );
  const requests = await findWorkRequests(batch.octokit, new Map(works), batch.identities.agentId);
  return unwanted.flatMap(({ survey, asked, record }): MissedDelivery[] => {
    const request = requests.get(("pull" in asked ? asked.pull : asked.issue).nodeId);
    if (!request || !isSettled(batch, request.at)) return [];
    const { refusedAt = "" } = record?.status ?? {};
    if (refusedAt >= request.at) return [];
    return [
      "pull" in asked
        ? ofPull(batch, survey, asked, request, record)
        : ofIssue(batch, survey, asked.issue, request),
    ];
  });
}

function askedIn({ asks }: Batch, { issues, pulls }: Survey): Asked[] {
  const given = pulls.flatMap((pull) => {
    const ask = asks.get(pull.nodeId);
    return ask ? [{ pull, ask }] : [];
  });
  return [...issues.map((issue) => ({ issue })), ...given];
}

function keyOf(asked: Asked, { repository: { id } }: Survey): TaskKey {
  return "pull" in asked ? pullKey(id, asked.pull.number) : issueKey(id, asked.issue.number);
}

/**
 * Whether a task is already wanted for this request. A task for an earlier request counts while a webhook may still be in
 * flight.
 */
function isKnown(batch: Batch, asked: Asked, record: TaskRecord | undefined): boolean {
  if (!record?.wanted) return false;
  if (!("pull" in asked) || !isSettled(batch, asked.pull.updatedAt)) return true;
  const { source } = record;
  return source === undefined || !("issue" in source) || source.issue.ask === asked.ask;
}

function ofIssue(
  batch: Batch,
  { repository }: Survey,
  { number, title, url, comments }: SurveyedIssue,
  { id, action, sender, at: updated_at }: WorkRequest,
): MissedDelivery {
  const agent = agentOf(batch);
  const fields = { number, title, html_url: url, updated_at, state: "open", comments, assignees: [agent] };
  return {
    type: "issues",
    payload: {
      action,
      ...commonPayload(batch.installation, repository),
      issue: fields,
      assignee: agent,
      sender,
    },
    fact: `request#${id}`,
    gap: `${nameOf(repository, number)} is assigned to the agent and has no task`,
  };
}

/**
 * Reopening counts as a repetition of the request by the person who reopened. The same request counts again if the task
 * was asked for something else in between. The time is that of the pull request's last change, because no late webhook of
 * the request can be newer.
 */
function ofPull(
  batch: Batch,
  { repository }: Survey,
  { pull: { number, title, url, updatedAt, headSha }, ask }: { pull: SurveyedPull; ask: PullAsk },
  { id, sender }: WorkRequest,
  record: TaskRecord | undefined,
): MissedDelivery {
  const agent = agentOf(batch);
  const shown = {
    number,
    title,
    html_url: url,
    updated_at: updatedAt,
    state: "open",
    head: { sha: headSha },
  };
  const isWork = ask === "work";
  const people = isWork ? { assignees: [agent] } : { assignees: [], requested_reviewers: [agent] };
  const known = record?.wanted ? "a task for something else" : "no task";
  return {
    type: "pull_request",
    payload: {
      action: isWork ? "assigned" : "review_requested",
      ...commonPayload(batch.installation, repository),
      pull_request: { ...shown, user: null, ...people },
      ...(isWork ? { assignee: agent } : { requested_reviewer: agent }),
      sender,
    },
    fact: `request#${id}#${record?.intent ?? 0}`,
    gap: `${nameOf(repository, number)} ${isWork ? "is assigned to the agent" : "asks for the agent's review"} and has ${known}`,
  };
}
