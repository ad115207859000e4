import { byteLength } from "../../text/bytes.js";
import { label, quotable } from "./data.js";
import { before } from "./edit.js";
import { fenced, withClosedFences } from "./fence.js";
import { type CommentInput, type FailureInput, type Input, isNotice, type Subject } from "./input.js";
import { labelLength, sectionBytes } from "./limits.js";
import { linesOf } from "./location.js";
import { askWording, wording } from "./wording.js";

/** The part of a message about one input: at most 64 KiB, and numbered if the message has several. */
export function section(input: Input, number?: number): string {
  const body = quotable(input.kind === "failure" ? input.text : input.body);
  const url = label(input.url, labelLength.url);
  const title = input.kind === "failure" ? failureTitle(input) : commentTitle(input);
  const lines = [
    number === undefined ? title : `${number}. ${title}`,
    ...(input.kind === "failure" ? failureLines(input) : commentLines(input)),
    wording.at(label(input.at, labelLength.at)),
    wording.url(url),
    "",
    ...(input.kind === "failure" && body.trim() !== "" ? [wording.untrusted] : []),
  ];
  if (input.kind !== "failure" && input.previousBody !== undefined) {
    lines.push(before(quotable(input.previousBody), body), "", wording.now);
  }
  const head = `${lines.join("\n")}\n`;
  const missing = input.kind === "failure" ? 0 : (input.missingBytes ?? 0);
  const additions =
    input.kind === "failure" && input.additions ? `\n\n${withClosedFences(quotable(input.additions))}` : "";
  const room = sectionBytes - byteLength(head) - byteLength(additions);
  if (isNotice(input)) return head.trimEnd();
  return `${head}${ownWordsOn(input) ?? quotation(body, missing, url, room)}${additions}`;
}

/** The relay's own text for an input that quotes nobody. */
function ownWordsOn(input: Input): string | undefined {
  if (input.kind === "failure") {
    if ("queue" in input) return wording.afterRemoval;
    return "conflict" in input ? wording.resolve : undefined;
  }
  return input.ask && askWording[input.ask];
}

/**
 * Quotes somebody's text within `room` bytes. If it was cut, here or earlier, a note says so outside the fence, where only
 * the relay can write.
 */
function quotation(text: string, missingBefore: number, url: string, room: number): string {
  const cutLine = (missing: number) => (missing === 0 ? "" : `\n${wording.cut(missing, url)}`);
  if (text.trim() === "") return `${wording.noText}${cutLine(missingBefore)}`;
  const longestCutLine = cutLine(missingBefore + byteLength(text));
  const { text: block, missing } = fenced(text, room - byteLength(longestCutLine));
  return `${block}${cutLine(missingBefore + missing)}`;
}

function commentTitle(input: CommentInput): string {
  const say = input.previousBody === undefined ? wording.comment : wording.edit;
  if (input.kind === "job") return wording.job(label(input.author, labelLength.job), nameOf(input.subject));
  const author = label(input.author, labelLength.login);
  if (input.kind === "request") return wording.request(input.ask ?? "work", author, nameOf(input.subject));
  if (input.kind === "closed" || input.kind === "reopened") {
    return wording[input.kind](author, nameOf(input.subject));
  }
  const who =
    input.editor === undefined ? author : wording.editedBy(author, label(input.editor, labelLength.login));
  return say(input.kind, who, nameOf(input.subject));
}

function commentLines({ path, reviewState, ...location }: CommentInput): string[] {
  const lines = [];
  if (path !== undefined) {
    const commit = location.commit && label(location.commit, labelLength.sha);
    lines.push(wording.file(`${label(path, labelLength.path)}${linesOf({ ...location, commit })}`));
  }
  if (reviewState !== undefined) {
    const state = reviewState.toLowerCase().replaceAll("_", " ");
    lines.push(wording.reviewState(label(state, labelLength.reviewState)));
  }
  return lines;
}

function failureTitle(input: FailureInput): string {
  const subject = nameOf(input.subject);
  if ("conflict" in input) {
    return wording.conflict(subject, label(input.conflict.baseBranch, labelLength.branch));
  }
  if ("queue" in input) return wording.dequeued(subject, label(input.queue, labelLength.branch));
  if ("check" in input) return wording.failedCheck(label(input.check, labelLength.workflow), subject);
  return wording.failure(label(input.workflow, labelLength.workflow), input.attempt, subject);
}

function failureLines({ branch, headSha, subject, ...input }: FailureInput): string[] {
  return [
    ...("conclusion" in input ? [wording.conclusion(label(input.conclusion, labelLength.conclusion))] : []),
    ...("queue" in input ? [wording.reason(label(input.reason, labelLength.conclusion))] : []),
    wording.branch(label(branch, labelLength.branch), label(headSha, labelLength.sha)),
    ...("conflict" in input ? [baseLine(input.conflict)] : []),
    ...(subject.kind === "branch"
      ? []
      : [wording.subjectUrl(subject.kind, label(subject.url, labelLength.url))]),
  ];
}

function baseLine({ baseBranch, baseSha }: { baseBranch: string; baseSha: string }): string {
  return wording.base(label(baseBranch, labelLength.branch), label(baseSha, labelLength.sha));
}

/** The name of a subject in the message: `pull request octo/app#7`. */
export function nameOf(subject: Subject): string {
  const repository = label(subject.repository, labelLength.repository);
  if (subject.kind === "branch") return wording.branchOf(label(subject.name, labelLength.branch), repository);
  return wording.subject(subject.kind, `${repository}#${subject.number}`);
}
