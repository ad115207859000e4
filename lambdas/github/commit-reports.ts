import type { Octokit } from "@octokit/rest";
import { isRefusal } from "../model/errors.js";
import { log } from "../runtime/log.js";
import type { RepositoryName } from "./contents.js";

const perPage = 100;
const mostPages = 5;

/** One check run or status of a commit. */
export interface CommitReport {
  kind: "check_run" | "status";
  id: number;
  /** The name of the check run, or the context of the status. */
  name: string;
  /** The GitHub App that made it; a status has none. */
  app?: { id: string; slug: string } | undefined;
  isRunning: boolean;
  hasFailed: boolean;
  /** GitHub's name for the outcome, such as `timed_out`; "" while it is running. */
  conclusion: string;
  /** The page with the details, or "". */
  url: string;
  /** When it was completed: ISO 8601. */
  at: string;
  title: string;
  summary: string;
  /** The number of its remarks on lines of files. */
  annotations: number;
}

/** A remark of a check run on lines of a file. */
export interface Remark {
  path: string;
  line: number;
  level: string;
  title: string;
  message: string;
}

/** `cancelled`, `stale` and `action_required` say nothing about the code. */
const failures: readonly string[] = ["failure", "error", "timed_out", "startup_failure"];

/**
 * Everything that CI reports on a commit: the latest check run of each name and the latest status of each context.
 * Without the permission Commit statuses, only the check runs.
 */
export async function reportsOn(
  octokit: Octokit,
  repository: RepositoryName,
  sha: string,
): Promise<CommitReport[]> {
  const commit = { owner: repository.owner, repo: repository.name, ref: sha, per_page: perPage };
  const [runs, statuses] = await Promise.all([
    octokit.paginate(octokit.rest.checks.listForRef, commit),
    statusesOf(octokit, commit),
  ]);
  return [...runs.map(ofCheckRun), ...statuses.map(ofStatus)];
}

type Commit = { owner: string; repo: string; ref: string; per_page: number };

async function statusesOf(octokit: Octokit, commit: Commit) {
  try {
    const { getCombinedStatusForRef: combined } = octokit.rest.repos;
    // According to its types, the plugin unpacks every list, but it doesn't unpack an answer with a `url`.
    return await octokit.paginate(combined, commit, ({ data }) => (data as unknown as Combined).statuses);
  } catch (error) {
    if (!isRefusal(error, 403)) throw error;
    log.warn("The App lacks the permission Commit statuses: read. Statuses of other CI are left out.", {
      repository: `${commit.owner}/${commit.repo}`,
    });
    return [];
  }
}

interface Combined {
  statuses: Status[];
}

interface Status {
  id: number | bigint;
  context: string;
  state: string;
  description: string | null;
  target_url: string | null;
  updated_at: string;
}

function ofStatus({
  id,
  context,
  state,
  description,
  target_url: url,
  updated_at: at,
}: Status): CommitReport {
  return {
    kind: "status",
    id: Number(id),
    name: context,
    isRunning: state === "pending",
    hasFailed: failures.includes(state),
    conclusion: state === "pending" ? "" : state,
    url: url ?? "",
    at: new Date(at).toISOString(),
    title: description ?? "",
    summary: "",
    annotations: 0,
  };
}

type CheckRun = Awaited<ReturnType<Octokit["rest"]["checks"]["get"]>>["data"];

function ofCheckRun(run: CheckRun): CommitReport {
  const conclusion = run.conclusion ?? "";
  return {
    kind: "check_run",
    id: Number(run.id),
    name: run.name,
    ...(run.app && { app: { id: String(run.app.id), slug: run.app.slug ?? "" } }),
    isRunning: run.status !== "completed",
    hasFailed: failures.includes(conclusion),
    conclusion,
    url: run.details_url || run.html_url || "",
    at: new Date(run.completed_at ?? run.started_at ?? 0).toISOString(),
    title: run.output.title ?? "",
    summary: run.output.summary ?? "",
    annotations: Number(run.output.annotations_count),
  };
}

/**
 * The first remarks of a check run: up to five pages, until `failures` of the remarks are failures. A check run that no
 * longer exists has none.
 */
export async function remarksOf(
  octokit: Octokit,
  { owner, name: repo }: RepositoryName,
  { id, annotations }: Pick<CommitReport, "id" | "annotations">,
  { failures }: { failures: number },
): Promise<Remark[]> {
  const remarks: Remark[] = [];
  const pages = Math.min(Math.ceil(annotations / perPage), mostPages);
  for (let page = 1; page <= pages; page++) {
    try {
      const asked = { owner, repo, check_run_id: id, per_page: perPage, page };
      const { data } = await octokit.rest.checks.listAnnotations(asked);
      remarks.push(
        ...data.map(({ path, start_line: line, annotation_level: level, title, message }) => {
          return { path, line, level: level ?? "", title: title ?? "", message: message ?? "" };
        }),
      );
    } catch (error) {
      if (!isRefusal(error, 404, 410)) throw error;
      return remarks;
    }
    if (remarks.filter(({ level }) => level === "failure").length >= failures) break;
  }
  return remarks;
}
