import type { Octokit } from "@octokit/rest";
import { type CommitReport, type Remark, remarksOf } from "../github/commit-reports.js";
import type { RepositoryName } from "../github/contents.js";
import { summaryBytes } from "../log-relay/failure-summary.js";
import { withoutSecretsIn } from "../log-relay/redact-text.js";
import type { FailedCheck } from "../model/relayed.js";
import { cutToBytes } from "../text/bytes.js";
import { oneLine } from "../text/clean.js";

/** The most checks that one message names. Summaries and remarks are read only for the first of them. */
const mostChecks = 100;
const mostRead = 20;
const mostRemarks = 50;
const nameLength = 255;
const titleLength = 500;
const urlLength = 1000;

/** GitHub Actions reports failed runs itself, with logs. */
const actionsSlug = "github-actions";

/** The reports on a commit that are failures of other CI. Each failure is reported only once. */
export function failuresOfOthers(reports: readonly CommitReport[]): CommitReport[] {
  const runs = reports.filter(({ kind }) => kind === "check_run");
  return reports.filter(
    (report) =>
      report.hasFailed &&
      report.app?.slug !== actionsSlug &&
      !(report.kind === "status" && runs.some((run) => repeats(report, run))),
  );
}

/** Some CI creates a check run and a status with the same name or the same page. */
function repeats(status: CommitReport, run: CommitReport): boolean {
  const isSameName = status.name.toLowerCase() === run.name.toLowerCase();
  return isSameName || (status.url !== "" && status.url === run.url);
}

/** The failures as the agent gets them, with at most 48 KiB of text in all. */
export async function tellFailures(
  octokit: Octokit,
  repository: RepositoryName,
  failures: readonly CommitReport[],
): Promise<FailedCheck[]> {
  const told = failures.slice(0, mostChecks);
  const share = Math.floor(summaryBytes / Math.min(told.length || 1, mostRead));
  return Promise.all(
    told.map(async (report, index) => {
      const isRead = index < mostRead;
      const remarks = isRead
        ? await remarksOf(octokit, repository, report, { failures: mostRemarks })
        : undefined;
      const text = remarks ? textOf(report, remarks) : "";
      return checkOf(report, cutToBytes(text, share).text);
    }),
  );
}

/** A failure as the agent gets it, with a text about it. */
export function checkOf(
  { kind, app, name, id, at, url, conclusion }: CommitReport,
  text: string,
): FailedCheck {
  const cut = { name: oneLine(name, nameLength), url: url.slice(0, urlLength) };
  return { kind, app: app?.id ?? "", ...cut, id, at, conclusion, text };
}

/** A check run's title, summary and remarks, or a status's description, with secrets redacted. */
function textOf({ title, summary, annotations }: CommitReport, remarks: readonly Remark[]): string {
  const isFailure = ({ level }: Remark) => level === "failure";
  const shown = [...remarks.filter(isFailure), ...remarks.filter((remark) => !isFailure(remark))];
  const lines = shown.slice(0, mostRemarks).map(remarkLine);
  const more = annotations - lines.length;
  return withoutSecretsIn(
    [
      title === "" ? "" : oneLine(title, titleLength),
      summary.trim(),
      [...lines, ...(more > 0 && lines.length > 0 ? [`… and ${more} more annotations.`] : [])].join("\n"),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
  );
}

function remarkLine({ path, line, level, title, message }: Remark): string {
  const what = [title, message].filter((part) => part !== "").join(": ");
  return `${path}:${line}: ${level}: ${what}`;
}
