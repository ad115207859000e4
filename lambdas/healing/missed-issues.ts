import { IssueClient } from "../github/issues.js";
import type { Survey } from "../github/survey.js";
import type { TaskRecord } from "../model/record.js";
import { LiveWorks } from "../tasks/live-works.js";
import { agentOf, type Batch, isSettled, type LiveTask } from "./batch.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** Issues whose record wants a task, but which are not open, no longer assigned to the agent, or gone. */
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
    // Earlier versions of the relay did not note these works.
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
  // GitHub also answers with a 404 if it hides the issue.
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
