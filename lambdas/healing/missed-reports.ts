import { checkOf, failuresOfOthers } from "../ci/failures-of-others.js";
import { ignoredChecks } from "../ci/ignored-checks.js";
import { type CommitReport, reportsOn } from "../github/commit-reports.js";
import type { Batch } from "./batch.js";
import type { Failure, HeadOfPull } from "./head-of-pull.js";
import { commonPayload, nameOf } from "./missed-delivery.js";

/** Failures of other CI on the newest commit of a pull request: check runs of other Apps, and statuses. */
export async function missedReports(
  { octokit, installation, identities }: Batch,
  { survey, pull }: HeadOfPull,
): Promise<Failure[]> {
  const { repository } = survey;
  const isIgnored = ignoredChecks(survey);
  const reports = await reportsOn(octokit, repository, pull.headSha);
  const told = reports.filter(({ app, name }) => app?.id !== String(identities.appId) && !isIgnored(name));
  return failuresOfOthers(told).map((report) => ({
    at: report.at,
    checks: [checkOf(report, "")],
    missed: {
      type: report.kind,
      payload: {
        action: "completed",
        ...commonPayload(installation, repository),
        ...fieldsOf(report, pull.headSha, pull.headRepositoryId === repository.id ? pull.headBranch : null),
        sender: null,
      },
      fact: `${report.kind}#${report.id}`,
      gap: `${nameOf(repository, pull.number)} has a failed check (${report.kind} ${report.id}) that the agent did not get`,
    },
  }));
}

/** The fields that only this payload has. A commit in a fork has no branch in them. */
function fieldsOf(
  { kind, id, name, app, conclusion, at }: CommitReport,
  sha: string,
  branch: string | null,
): Record<string, unknown> {
  if (kind === "status") {
    return {
      id,
      sha,
      context: name,
      state: conclusion,
      updated_at: at,
      branches: branch === null ? [] : [{}],
    };
  }
  const check_run = { id, name, head_sha: sha, conclusion, completed_at: at };
  return {
    check_run: {
      ...check_run,
      check_suite: { head_branch: branch },
      app: app && { id: Number(app.id), slug: app.slug },
    },
  };
}
