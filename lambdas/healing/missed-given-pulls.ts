import { askOf, readGivenPull } from "../github/given-pull.js";
import type { Survey, SurveyedPull } from "../github/survey.js";
import { findWithdrawnReviews } from "../github/work-requests.js";
import type { IssueSource, TaskRecord } from "../model/record.js";
import { LiveWorks } from "../tasks/live-works.js";
import { agentOf, type Batch, isSettled } from "./batch.js";
import { commonPayload, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** A pull request whose record wants a task, but which GitHub does not list as open and given to the agent. */
interface Doubtful {
  survey: Survey;
  /** `undefined` if it is not open. */
  pull: SurveyedPull | undefined;
  source: IssueSource;
  intent: number | undefined;
}

/**
 * Pull requests that were given to the agent and are now closed or no longer given to it. A review that is no longer
 * requested doesn't count by itself, because the agent may have submitted it.
 */
export async function missedGivenEnds(batch: Batch): Promise<MissedDelivery[]> {
  const doubtful: Doubtful[] = [];
  for (const survey of batch.surveys) {
    const { id } = survey.repository;
    for (const [work, { noted, record }] of batch.live.get(id) ?? []) {
      const [, number] = /^pull#(\d+)$/.exec(work) ?? [];
      if (number === undefined) continue;
      if (record?.wanted) doubtful.push(...doubtsAbout(batch, survey, Number(number), record));
      else if (!batch.isDryRun) await new LiveWorks(id).prune(noted);
    }
  }
  const reviewed = doubtful.flatMap(({ pull, source }) =>
    pull && source.issue.ask === "review" ? [pull.nodeId] : [],
  );
  const withdrawn = await findWithdrawnReviews(batch.octokit, reviewed, batch.identities.agentId);
  const missed: MissedDelivery[] = [];
  for (const one of doubtful) {
    const isSubmitted = one.pull && reviewed.includes(one.pull.nodeId) && !withdrawn.has(one.pull.nodeId);
    if (!isSubmitted) missed.push(...(await missedEnd(batch, one)));
  }
  return missed;
}

function doubtsAbout(
  batch: Batch,
  survey: Survey,
  number: number,
  { source, intent, intentAt }: TaskRecord,
): Doubtful[] {
  if (!source || !("issue" in source) || intentAt === undefined || !isSettled(batch, intentAt)) return [];
  const pull = survey.pulls.find((one) => one.number === number);
  return pull && batch.asks.has(pull.nodeId) ? [] : [{ survey, pull, source, intent }];
}

async function missedEnd(
  batch: Batch,
  { survey: { repository }, source, intent }: Doubtful,
): Promise<MissedDelivery[]> {
  const { number, title, url, ask, headSha } = source.issue;
  const agent = agentOf(batch);
  const pull = await readGivenPull(batch.octokit, repository, number);
  if (!pull || !isSettled(batch, pull.updatedAt)) return [];
  if (pull.isOpen && askOf(pull, agent.id) !== undefined) return [];
  const action = pull.isOpen ? (ask === "review" ? "review_request_removed" : "unassigned") : "closed";
  const shown = { number, title, html_url: url, updated_at: pull.updatedAt, head: { sha: headSha } };
  const is = action === "review_request_removed" ? "no longer to be reviewed" : action;
  return [
    {
      type: "pull_request",
      payload: {
        action,
        ...commonPayload(batch.installation, repository),
        pull_request: { ...shown, user: null, assignees: pull.isOpen ? [] : [agent] },
        assignee: agent,
        requested_reviewer: agent,
        sender: null,
      },
      fact: `end#${repository.id}#pull#${number}#${intent}`,
      gap: `${nameOf(repository, number)} is ${is} and has a task`,
    },
  ];
}
