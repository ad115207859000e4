import type { Octokit } from "@octokit/rest";
import { TransientError } from "../model/errors.js";
import { annotationsAtOnce } from "../text/limits.js";
import type { RepositoryName } from "./contents.js";

/** A remark on lines of a file. */
export interface Annotation {
  path: string;
  start_line: number;
  end_line: number;
  annotation_level: "failure" | "warning";
  title: string;
  message: string;
}

export interface CheckReport {
  name: string;
  /** Distinguishes this report from others of the App under the same name. */
  externalId: string;
  conclusion: "success" | "failure" | "neutral";
  title: string;
  /** Markdown within `limits.gitHub.checkRunSummary`. */
  summary: string;
  annotations: readonly Annotation[];
}

interface FoundCheckRun {
  id: number;
  conclusion: string | null;
  title: string | null;
  summary: string | null;
  annotations: number;
}

/** The check runs of an App on one commit. Only the holder of the commit's lease may write one (see `withLease`). */
export class CheckRunClient {
  readonly #commit: { owner: string; repo: string };

  constructor(
    private readonly octokit: Octokit,
    private readonly appId: string,
    repository: RepositoryName,
    private readonly sha: string,
  ) {
    this.#commit = { owner: repository.owner, repo: repository.name };
  }

  /** Whether the App has created such a check run on the commit. */
  async exists(report: Pick<CheckReport, "name" | "externalId">): Promise<boolean> {
    return (await this.#find(report)) !== undefined;
  }

  /**
   * Creates the commit's check run, or updates the existing one. GitHub accepts 50 annotations per request, and an update
   * adds its annotations to the existing ones. So each request continues where the last one ended, and a repetition adds
   * nothing.
   */
  async write(report: CheckReport): Promise<void> {
    const found = await this.#find(report);
    const written = found ?? (await this.#createOnce(report));
    let count = written.annotations;
    let isCurrent = isSame(written, report);
    while (count < report.annotations.length || !isCurrent) {
      const next = report.annotations.slice(count, count + annotationsAtOnce);
      await this.#update(written.id, report, next);
      count += next.length;
      isCurrent = true;
    }
  }

  async #find({
    name,
    externalId,
  }: Pick<CheckReport, "name" | "externalId">): Promise<FoundCheckRun | undefined> {
    const { data } = await this.octokit.rest.checks.listForRef({
      ...this.#commit,
      ref: this.sha,
      check_name: name,
      app_id: Number(this.appId),
      filter: "all",
      per_page: 100,
    });
    const own = data.check_runs.find(
      (run) => run.name === name && run.external_id === externalId && String(run.app?.id) === this.appId,
    );
    return (
      own && {
        id: Number(own.id),
        conclusion: own.conclusion,
        title: own.output.title,
        summary: own.output.summary,
        annotations: Number(own.output.annotations_count),
      }
    );
  }

  /** If the outcome is unknown, searches for the check run before creating it again. */
  async #createOnce(report: CheckReport): Promise<FoundCheckRun> {
    try {
      return await this.#create(report);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      return (await this.#find(report)) ?? (await this.#create(report));
    }
  }

  async #create(report: CheckReport): Promise<FoundCheckRun> {
    const annotations = report.annotations.slice(0, annotationsAtOnce);
    const { data } = await this.octokit.rest.checks.create({
      ...this.#commit,
      name: report.name,
      head_sha: this.sha,
      external_id: report.externalId,
      status: "completed",
      conclusion: report.conclusion,
      output: { title: report.title, summary: report.summary, annotations: [...annotations] },
    });
    const { conclusion, title, summary } = report;
    return { id: Number(data.id), conclusion, title, summary, annotations: annotations.length };
  }

  async #update(id: number, report: CheckReport, annotations: readonly Annotation[]): Promise<void> {
    await this.octokit.rest.checks.update({
      ...this.#commit,
      check_run_id: id,
      status: "completed",
      conclusion: report.conclusion,
      output: { title: report.title, summary: report.summary, annotations: [...annotations] },
    });
  }
}

function isSame(found: FoundCheckRun, { conclusion, title, summary }: CheckReport): boolean {
  return found.conclusion === conclusion && found.title === title && found.summary === summary;
}
