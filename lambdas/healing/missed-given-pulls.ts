import { readGivenPull } from "../github/given-pull.js";
import type { Survey } from "../github/survey.js";
import type { TaskRecord } from "../model/record.js";
import { LiveWorks } from "../tasks/live-works.js";
import { agentOf, type Batch, isSettled } from "./batch.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/**
 * Pull requests that the agent was given, and that are closed now, or not assigned to it any more. That a review is not
 * requested any more says nothing: the agent may have submitted it.
 */
export async function missedGivenEnds(batch: Batch): Promise<MissedDelivery[]> {
  const missed: MissedDelivery[] = [];
  for (const survey of batch.surveys) {
    const { id } = survey.repository;
    for (const [work, { noted, record }] of batch.live.get(id) ?? []) {
      const [, number] = /^pull#(\d+)$/.exec(work) ?? [];
      if (number === undefined) continue;
      if (record?.wanted) missed.push(...(await missedEnd(batch, survey, Number(number), record)));
      else if (!batch.isDryRun) await new LiveWorks(id).prune(noted);
    }
  }
  return missed;
}

async function missedEnd(
  batch: Batch,
  { repository }: Survey,
  number: number,
  { source, intent, intentAt }: TaskRecord,
): Promise<MissedDelivery[]> {
  if (!source || !("issue" in source) || intentAt === undefined || !isSettled(batch, intentAt)) return [];
  const { title, url, ask, headSha } = source.issue;
  const agent = agentOf(batch);
  const pull = await readGivenPull(batch.octokit, repository, number);
  const isAsked =
    ask === "review" || pull?.assignees.includes(agent.id) || pull?.reviewers.includes(agent.id);
  if (!pull || (pull.isOpen && isAsked) || !isSettled(batch, pull.updatedAt)) return [];
  const action = pull.isOpen ? "unassigned" : "closed";
  const shown = { number, title, html_url: url, updated_at: pull.updatedAt, head: { sha: headSha } };
  return [
    {
      type: "pull_request",
      payload: {
        action,
        ...commonPayload(batch.installation, repository),
        pull_request: { ...shown, user: null, assignees: pull.isOpen ? [] : [agent] },
        assignee: agent,
        sender: null,
      },
      fact: `end#${repository.id}#pull#${number}#${intent}`,
      gap: `${nameOf(repository, number)} is ${action} and has a task`,
    },
  ];
}
