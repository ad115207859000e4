import type { CommitReport } from "../github/commit-reports.js";
import type { FailedCheck } from "../model/relayed.js";
import { oneLine } from "../text/clean.js";

const nameLength = 255;
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

/** A failure as the agent gets it, with a text about it. */
export function checkOf(
  { kind, app, name, id, at, url, conclusion }: CommitReport,
  text: string,
): FailedCheck {
  const cut = { name: oneLine(name, nameLength), url: url.slice(0, urlLength) };
  return { kind, app: app?.id ?? "", ...cut, id, at, conclusion, text };
}
