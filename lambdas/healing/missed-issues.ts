import { IssueClient } from "../github/issues.js";
import type { Survey, SurveyedIssue } from "../github/survey.js";
import { findWorkRequests } from "../github/work-requests.js";
import { issueKey, type TaskRecord } from "../model/record.js";
import { LiveWorks } from "../tasks/live-works.js";
import { agentOf, type Batch, isSettled, type LiveTask } from "./batch.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** Open issues that the agent is assigned to, and that no task is wanted for. A refusal stands until the next assignment. */
export async function missedRequests(batch: Batch): Promise<MissedDelivery[]> {
  const { octokit, installation, identities, surveys, live, store } = batch;
  const unwanted: { survey: Survey; issue: SurveyedIssue; record: TaskRecord | undefined }[] = [];
  for (const survey of surveys) {
    for (const issue of survey.issues) {
      const known = live.get(survey.repository.id)?.get(String(issue.number));
      const record = known ? known.record : await store.get(issueKey(survey.repository.id, issue.number));
      if (!record?.wanted) unwanted.push({ survey, issue, record });
    }
  }
  const ids = unwanted.map(({ issue }) => issue.nodeId);
  const requests = await findWorkRequests(octokit, ids, identities.agentId);
  return unwanted.flatMap(({ survey: { repository }, issue, record }): MissedDelivery[] => {
    const request = requests.get(issue.nodeId);
    if (!request || !isSettled(batch, request.at)) return [];
    const { refusedAt = "" } = record?.status ?? {};
    if (refusedAt >= request.at) return [];
    const { number, title, url, comments } = issue;
    const agent = agentOf(batch);
    const { id, action, sender, at: updated_at } = request;
    const fields = { number, title, html_url: url, updated_at, state: "open", comments, assignees: [agent] };
    return [
      {
        type: "issues",
        payload: {
          action,
          ...commonPayload(installation, repository),
          issue: fields,
          assignee: agent,
          sender,
        },
        fact: `request#${id}`,
        gap: `${nameOf(repository, number)} is assigned to the agent and has no task`,
      },
    ];
  });
}

/** Issues that a task is wanted for, and that are not open, or not the agent's, or not there any more. */
export async function missedEnds(batch: Batch): Promise<MissedDelivery[]> {
  const missed: MissedDelivery[] = [];
  for (const survey of batch.surveys) {
    const { id } = survey.repository;
    const works = new LiveWorks(id);
    const live = batch.live.get(id) ?? new Map<string, LiveTask>();
    const open = new Set(survey.issues.map(({ number }) => String(number)));
    for (const [work, { noted, record }] of live) {
      if (!/^\d+$/.test(work) || open.has(work)) continue;
      if (record?.wanted) missed.push(...(await missedEnd(batch, survey, Number(work), record)));
      else if (!batch.isDryRun) await works.prune(noted);
    }
    // Earlier versions of the relay have not noted them.
    for (const number of batch.isDryRun ? [] : open) {
      if (live.has(number)) continue;
      if ((await batch.store.get({ repositoryId: id, work: number }))?.wanted) await works.note(number);
    }
  }
  return missed;
}

async function missedEnd(
  batch: Batch,
  { repository }: Survey,
  number: number,
  record: TaskRecord,
): Promise<MissedDelivery[]> {
  const { source, intent, intentAt } = record;
  if (!source || !("issue" in source) || intentAt === undefined || !isSettled(batch, intentAt)) return [];
  const { origin } = new URL(source.issue.url);
  const url = `${origin}/${repository.owner}/${repository.name}/issues/${number}`;
  const client = new IssueClient(batch.octokit, { repository, issue: { number, url } });
  const now = await client.now();
  // GitHub also answers 404 if it hides the issue.
  if (now.state === "unseen") return [];
  const agent = agentOf(batch);
  const known = { number, title: source.issue.title, html_url: url, assignees: [agent] };
  const isThere = now.state === "there";
  const issue = isThere ? now.data : { ...known, state: "open", updated_at: batch.until };
  const isAgents = issue.assignees?.some(({ id }) => Number(id) === agent.id) ?? false;
  if (isThere && issue.state === "open" && isAgents) return [];
  const at = (isThere && now.data.closed_at) || issue.updated_at;
  if (!isSettled(batch, at)) return [];
  const action = isThere ? (issue.state === "closed" ? "closed" : "unassigned") : now.state;
  return [
    {
      type: "issues",
      payload: {
        action,
        ...commonPayload(batch.installation, repository),
        issue: { ...issue, updated_at: at },
        assignee: agent,
        sender: isThere ? now.data.closed_by : null,
      },
      fact: `end#${repository.id}#${number}#${intent}`,
      gap: `${nameOf(repository, number)} is ${action} and has a task`,
    },
  ];
}
