import type { Octokit } from "@octokit/rest";
import { type CommitReport, type Remark, remarksOf } from "../github/commit-reports.js";
import type { RepositoryName } from "../github/contents.js";
import { summaryBytes } from "../log-relay/failure-summary.js";
import { withoutSecretsIn } from "../log-relay/redact-text.js";
import type { FailedCheck } from "../model/relayed.js";
import { cutToBytes } from "../text/bytes.js";
import { oneLine } from "../text/clean.js";
import { checkOf } from "./failures-of-others.js";

/** The most checks that one message names. Summaries and remarks are read only for the first of them. */
const mostChecks = 100;
const mostRead = 20;
const mostRemarks = 50;
const titleLength = 500;

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
