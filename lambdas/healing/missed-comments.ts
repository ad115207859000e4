import { findEditors, RepositoryComments } from "../github/comments.js";
import { findReviews, type PullReviews, type SubmittedReview } from "../github/submitted-reviews.js";
import type { Survey, SurveyedIssue, SurveyedPull } from "../github/survey.js";
import { inputOfComment } from "../inbox/inputs.js";
import { isMissing } from "../inbox/missing.js";
import type { CommentPosted } from "../model/event.js";
import { isOpen, issueKey, type TaskRecord } from "../model/record.js";
import { classify } from "../webhook/classify.js";
import { agentOf, type Batch, endedPulls, heardPulls, isSettled, longestMs, recordOf } from "./batch.js";
import { Destinations } from "./destinations.js";
import { commonPayload, deliveryOf, type MissedDelivery, nameOf } from "./missed-delivery.js";

/** A comment or a review with the payload of its webhook. */
interface Said {
  nodeId: string;
  missed: MissedDelivery;
}

/** Comments and reviews with their current text that never reached the inbox of a live task. */
export async function missedComments(batch: Batch): Promise<MissedDelivery[]> {
  const ofEach = batch.surveys.map((survey) => ({ survey, since: sinceOf(batch, survey) }));
  const usual = ofEach.filter(({ since }) => since === batch.since).map(({ survey }) => survey);
  const missed = await missedSince({ ...batch, surveys: usual });
  for (const { survey, since } of ofEach) {
    if (!usual.includes(survey)) missed.push(...(await missedSince({ ...batch, surveys: [survey], since })));
  }
  return missed;
}

async function missedSince(batch: Batch): Promise<MissedDelivery[]> {
  const destinations = new Destinations(batch);
  const lacking: Said[] = [];
  const pulls = batch.surveys.flatMap((survey) => touchedPulls(batch, survey));
  const reviews = await findReviews(
    batch.octokit,
    pulls.map(({ nodeId }) => nodeId),
    batch.since,
  );
  for (const survey of batch.surveys) {
    for (const said of await saidIn(batch, survey, reviews)) {
      if (await isLacking(batch, destinations, said.missed)) lacking.push(said);
    }
  }
  const ids = lacking.map(({ nodeId }) => nodeId);
  const editors = await findEditors(batch.octokit, ids);
  // The person who wrote the current text needs permission to speak. If that person is unknown, the text isn't allowed.
  return lacking.map(({ nodeId, missed }) =>
    editors.has(nodeId)
      ? { ...missed, payload: { ...missed.payload, sender: editors.get(nodeId) ?? null } }
      : missed,
  );
}

async function isLacking(
  batch: Batch,
  destinations: Destinations,
  { type, payload, fact }: MissedDelivery,
): Promise<boolean> {
  const classified = classify(type, deliveryOf(fact), payload, batch.identities);
  if ("skipped" in classified || classified.event.type !== "comment_posted") return false;
  const event: CommentPosted = classified.event;
  const key = await destinations.of(event);
  const record = key && (await recordOf(batch, key));
  if (!key || !record?.wanted) return false;
  return isForAgent(event.comment, record) && isMissing(key, inputOfComment(event));
}

/** Earlier comments are part of the issue that the agent has already read. While it is unassigned, it gets none. */
function isForAgent(
  { updatedAt }: CommentPosted["comment"],
  { intentAt = "", startedAt = intentAt, unassigned }: TaskRecord,
): boolean {
  const { from, to = "" } = unassigned ?? {};
  const isInBetween = from !== undefined && updatedAt >= from && updatedAt < to;
  return updatedAt >= startedAt && !isInBetween;
}

/**
 * The start of the period whose comments no sweep has checked. Sweeps skip the task of an unassigned agent. So the first
 * one after the next assignment goes back to the task's start.
 */
function sinceOf({ live, since }: Batch, { repository }: Survey): string {
  const oldest = Date.now() - longestMs;
  const starts = [...(live.get(repository.id)?.values() ?? [])].flatMap(({ record }) => {
    const { startedAt, unassigned } = record ?? {};
    const isNews = unassigned?.to !== undefined && Date.parse(unassigned.to) >= Date.parse(since);
    return isNews && startedAt !== undefined ? Math.max(Date.parse(startedAt), oldest) : [];
  });
  return new Date(Math.min(Date.parse(since), ...starts)).toISOString();
}

/**
 * The comments and reviews on the agent's work in a repository since the last sweep. Most repositories cost no request.
 */
async function saidIn(
  batch: Batch,
  survey: Survey,
  reviews: ReadonlyMap<string, PullReviews>,
): Promise<Said[]> {
  const { octokit, since } = batch;
  const pulls = touchedPulls(batch, survey);
  const commented = survey.issues.filter((issue) => issue.comments > 0 && isTouched(batch, issue));
  if (pulls.length === 0 && !(await isAnyWanted(batch, survey, commented))) return [];
  const payloads = new Payloads(batch, survey);
  const comments = new RepositoryComments(octokit, survey.repository);
  const said: (Said | undefined)[] = (await comments.inConversations(since)).map((comment) =>
    payloads.ofComment(comment),
  );
  // Every comment on lines is part of a review.
  if (pulls.some(({ nodeId }) => reviews.get(nodeId)?.count !== 0)) {
    said.push(...(await comments.onLines(since)).map((comment) => payloads.ofLineComment(comment)));
  }
  for (const { number, nodeId } of pulls) {
    const recent = reviews.get(nodeId)?.recent ?? [];
    said.push(...recent.map((review) => payloads.ofReview(review, number)));
  }
  return said.filter((one) => one !== undefined);
}

/** Whether an issue or pull request has changed since the last sweep. */
function isTouched({ since }: Batch, { updatedAt }: { updatedAt: string }): boolean {
  return Date.parse(updatedAt) >= Date.parse(since);
}

type HeardPull = Pick<SurveyedPull, "nodeId" | "number" | "url" | "updatedAt">;

/** Includes those that were closed since the last sweep, because people may have commented on the reason. */
function touchedPulls(batch: Batch, survey: Survey): HeardPull[] {
  const ended = endedPulls(batch, survey).filter((pull) => isOpen(pull.state) || isTouched(batch, pull));
  return [...heardPulls(batch, survey).filter((pull) => isTouched(batch, pull)), ...ended];
}

async function isAnyWanted(
  batch: Batch,
  { repository }: Survey,
  issues: readonly SurveyedIssue[],
): Promise<boolean> {
  for (const { number } of issues) {
    if ((await recordOf(batch, issueKey(repository.id, number)))?.wanted) return true;
  }
  return false;
}

interface Content {
  id: number | bigint;
  node_id: string;
  user: unknown;
}

interface Comment extends Content {
  updated_at: string;
}

/**
 * The webhook payloads of comments and reviews in one repository. Comments that don't concern the agent's work or are too
 * new have none.
 */
class Payloads {
  constructor(
    private readonly batch: Batch,
    private readonly survey: Survey,
  ) {}

  ofComment(comment: Comment & { issue_url: string }): Said | undefined {
    const number = numberIn(comment.issue_url);
    const issue = this.survey.issues.find((one) => one.number === number);
    const pull = this.#pull(number);
    const subject = issue
      ? { number, html_url: issue.url, user: null, assignees: [agentOf(this.batch)] }
      : pull && { ...pull, assignees: [], pull_request: {} };
    return subject && this.#said("issue_comment", comment, comment.updated_at, { issue: subject, comment });
  }

  ofLineComment(comment: Comment & { pull_request_url: string }): Said | undefined {
    const pull = this.#pull(numberIn(comment.pull_request_url));
    const fields = { pull_request: pull, comment };
    return pull && this.#said("pull_request_review_comment", comment, comment.updated_at, fields);
  }

  ofReview(review: SubmittedReview, number: number): Said | undefined {
    const fields = { pull_request: this.#pull(number), review };
    return this.#said("pull_request_review", review, review.submitted_at, fields);
  }

  #pull(number: number) {
    const heard = [...heardPulls(this.batch, this.survey), ...endedPulls(this.batch, this.survey)];
    const pull = heard.find((one) => one.number === number);
    // Name the agent as the author even if the agent was given the pull request; the flow finds that out from its record.
    return pull && { number, html_url: pull.url, user: agentOf(this.batch), updated_at: pull.updatedAt };
  }

  #said(type: string, content: Content, at: string, fields: Record<string, unknown>): Said | undefined {
    if (!isSettled(this.batch, at)) return undefined;
    const { repository } = this.survey;
    const { number } = (fields.issue ?? fields.pull_request) as { number: number };
    const action = type === "pull_request_review" ? "submitted" : "created";
    const common = commonPayload(this.batch.installation, repository);
    return {
      nodeId: content.node_id,
      missed: {
        type,
        payload: { action, ...common, ...fields, sender: content.user },
        fact: `${type}#${content.id}#${at}`,
        gap: `${nameOf(repository, number)} has a comment (${content.id}) that the agent did not get`,
      },
    };
  }
}

/** The number at the end of an issue's or a pull request's address. */
function numberIn(url: string): number {
  return Number(/\d+$/.exec(url)?.[0]);
}
