import { RepositoryClient } from "../github/repository.js";
import type { Survey, SurveyedPull } from "../github/survey.js";
import { isOpen, type TaskPull } from "../model/record.js";
import { classify } from "../webhook/classify.js";
import {
  agentOf,
  agentsPulls,
  type Batch,
  endedPulls,
  isSettled,
  pullsOfLiveTasks,
  recordOf,
} from "./batch.js";
import { Destinations } from "./destinations.js";
import { commonPayload, deliveryOf, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** The parts of a pull request that go into the payload. */
type Shown = Pick<SurveyedPull, "number" | "url" | "updatedAt" | "headSha">;

/**
 * The pull requests whose state on GitHub differs from the records of live tasks: the agent's, and other people's that an
 * issue's task has taken up. Pull requests in other repositories than the task's are left out, because they are only
 * shown in its status comment.
 */
export async function missedPulls(batch: Batch): Promise<MissedDelivery[]> {
  const destinations = new Destinations(batch);
  const missed: MissedDelivery[] = [];
  for (const survey of batch.surveys) {
    const known = pullsOfLiveTasks(batch, survey);
    const own = agentsPulls(batch, survey);
    for (const pull of survey.pulls) {
      const found = known.get(pull.number);
      if (found) missed.push(...changed(batch, survey, pull, found));
      else if (own.includes(pull)) missed.push(...(await opened(batch, survey, pull, destinations)));
    }
    const left = endedPulls(batch, survey).filter(({ state }) => isOpen(state));
    for (const pull of left) missed.push(...(await ended(batch, survey, pull)));
  }
  return missed;
}

/** An open pull request that has left or returned to the draft state, or was reopened. */
function changed(batch: Batch, survey: Survey, pull: SurveyedPull, known: TaskPull): MissedDelivery[] {
  if (known.state === (pull.isDraft ? "draft" : "open")) return [];
  const action = isOpen(known.state)
    ? pull.isDraft
      ? "converted_to_draft"
      : "ready_for_review"
    : "reopened";
  return delivered(batch, survey, pull, action, known.updatedAt);
}

/** For an open pull request that no live task of its repository knows, searches its task once. */
async function opened(
  batch: Batch,
  survey: Survey,
  pull: SurveyedPull,
  destinations: Destinations,
): Promise<MissedDelivery[]> {
  const [missed] = delivered(batch, survey, pull, "opened", "");
  if (!missed || (await batch.state.isDone(missed.fact))) return [];
  const { type, payload, fact } = missed;
  const classified = classify(type, deliveryOf(fact), payload, batch.identities);
  if ("skipped" in classified || classified.event.type !== "config_proposed") return [];
  const key = await destinations.ofPull(classified.event, pull.number);
  const record = key && (await recordOf(batch, key));
  const { id } = survey.repository;
  const isKnown = record?.pulls?.some(
    ({ number, repository }) => number === pull.number && repository.id === id,
  );
  if (record?.wanted && !isKnown) return [missed];
  await batch.state.noteDone(fact);
  return [];
}

/** A pull request that is open according to its task, but not on GitHub. */
async function ended(batch: Batch, survey: Survey, known: TaskPull): Promise<MissedDelivery[]> {
  const pull = await new RepositoryClient(batch.octokit, survey.repository).pull(known.number);
  if (!pull || pull.isOpen || pull.repositoryId !== survey.repository.id) return [];
  return delivered(batch, survey, pull, "closed", known.updatedAt);
}

/** `since` distinguishes this change of a pull request from the next one of the same kind. */
function delivered(
  batch: Batch,
  { repository }: Survey,
  { number, url, updatedAt, headSha }: Shown,
  action: string,
  since: string,
): MissedDelivery[] {
  if (!isSettled(batch, updatedAt)) return [];
  return [
    {
      type: "pull_request",
      payload: {
        action,
        ...commonPayload(batch.installation, repository),
        pull_request: {
          number,
          html_url: url,
          user: agentOf(batch),
          updated_at: updatedAt,
          head: { sha: headSha },
        },
        sender: null,
      },
      fact: `pull#${repository.id}#${number}#${action}#${since}`,
      gap: `${nameOf(repository, number)} is ${action.replaceAll("_", " ")}, and its task does not know about it`,
    },
  ];
}
