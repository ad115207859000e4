import type { HttpRequest } from "../../http/http-server.js";
import type { AppAuth } from "../app/app-auth.js";
import type { Contents } from "../contents/contents.js";
import type { Pulls } from "../pulls/pulls.js";
import { type By, type Happenings, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import {
  fullName,
  htmlUrl,
  nodeId,
  type Repository,
  type RepositoryRef,
} from "../repositories/repository.js";
import { asObject, fromExample } from "../rest/examples.js";
import { body, GitHubError, invalid, type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";

export interface CheckRun {
  readonly id: number;
  readonly repo: Repository;
  readonly headSha: string;
  readonly startedAt: string;
  name: string;
  status: string;
  conclusion: string | null;
  completedAt: string | null;
  output: Json;
  annotations: Json[];
  detailsUrl: string | null;
  externalId: string;
  /** Another App, if the check run is not the fake App's own. */
  app?: { id: number; slug: string };
}

/** A check that another App reports on a commit. */
export interface NewCheckReport extends By {
  repo: RepositoryRef;
  headSha: string;
  name: string;
  /** Default: some CI. */
  app?: { id: number; slug: string };
  /** Absent while it runs. */
  conclusion?: string;
  title?: string;
  summary?: string;
  annotations?: Json[];
  detailsUrl?: string;
}

const someCi = { id: 99, slug: "some-ci" };

const MAX_ANNOTATIONS = 50;
/** The limit of a summary or a text: in characters in the documentation, in bytes in GitHub's storage. */
const MAX_TEXT = 65_535;
const MAX_ANNOTATION_TITLE = 255;
const MAX_ANNOTATION_BYTES = 64 * 1024;

/** Check runs of commits. https://docs.github.com/rest/checks/runs */
export class CheckRuns {
  readonly all: CheckRun[] = [];

  constructor(
    readonly auth: AppAuth,
    readonly repositories: Repositories,
    readonly contents: Contents,
    readonly pulls: Pulls,
    readonly happenings: Happenings,
  ) {}

  /** Lets another App start a check run, or complete its running one of the same name. */
  async report(input: NewCheckReport): Promise<Told<{ checkRun: CheckRun }>> {
    const repo = this.repositories.get(input.repo);
    const { headSha, name, app = someCi, conclusion, title, summary, annotations = [] } = input;
    const isIt = (run: CheckRun) =>
      run.repo === repo && run.headSha === headSha && run.name === name && run.app?.id === app.id;
    const found = this.all.find((run) => isIt(run) && run.status !== "completed");
    const checkRun = found ?? { ...this.#new(repo, name, headSha), app };
    if (!found) this.all.push(checkRun);
    checkRun.detailsUrl = input.detailsUrl ?? checkRun.detailsUrl;
    const output = title === undefined ? {} : { output: { title, summary: summary ?? "", annotations } };
    this.#update(checkRun, { status: "in_progress", ...(conclusion && { conclusion }), ...output });
    const action = conclusion === undefined ? "created" : "completed";
    const fields = { check_run: this.json(checkRun) };
    const happening = { event: "check_run", action, repository: repo, by: input.by, fields };
    return this.happenings.tell(happening, { checkRun }, tellOptions(input.deliver));
  }

  /** The check runs of a commit, the oldest first. */
  ofCommit(repo: Repository, sha: string): CheckRun[] {
    return this.all.filter((run) => run.repo === repo && run.headSha === sha);
  }

  /** The latest check run for each name and App. */
  latestOf(repo: Repository, sha: string): CheckRun[] {
    return latest(this.ofCommit(repo, sha).reverse());
  }

  routes(rest: Rest): void {
    rest.post("/repos/:owner/:repo/check-runs", (request) => {
      return { status: 201, body: this.json(this.#create(request)) };
    });
    rest.get("/repos/:owner/:repo/check-runs/:id", (request) => {
      return { status: 200, body: this.json(this.#of(request)) };
    });
    rest.get("/repos/:owner/:repo/check-runs/:id/annotations", (request) =>
      rest.page(request, this.#of(request).annotations, (annotation) => annotation),
    );
    rest.patch("/repos/:owner/:repo/check-runs/:id", (request) => {
      const run = this.#of(request);
      this.#update(run, body(request));
      return { status: 200, body: this.json(run) };
    });
    rest.get("/repos/:owner/:repo/commits/:ref/check-runs", (request) => {
      const repo = this.repositories.of(request);
      const ref = param(request, "ref");
      const sha = this.contents.resolve(repo, ref) ?? ref;
      const { query } = request;
      const found = this.ofCommit(repo, sha)
        .filter((run) => [null, run.name].includes(query.get("check_name")))
        .filter((run) => [null, run.status].includes(query.get("status")))
        .filter(({ app }) => [null, String(app?.id ?? this.auth.appId)].includes(query.get("app_id")))
        .reverse();
      const shown = query.get("filter") === "all" ? found : latest(found);
      return rest.page(request, shown, (run) => this.json(run), "check_runs");
    });
  }

  #create(request: HttpRequest): CheckRun {
    const input = body(request);
    const { name, head_sha } = input;
    if (typeof name !== "string" || name === "") throw invalid("CheckRun", "missing_field", "name");
    if (typeof head_sha !== "string" || !/^[0-9a-f]{40}$/.test(head_sha)) {
      throw new GitHubError(422, `No commit found for SHA: ${head_sha}`);
    }
    const run = this.#new(this.repositories.of(request), name, head_sha);
    this.#update(run, input);
    this.all.push(run);
    return run;
  }

  #new(repo: Repository, name: string, headSha: string): CheckRun {
    return {
      id: this.repositories.nextId(),
      repo,
      headSha,
      startedAt: this.repositories.timestamp(),
      name,
      status: "queued",
      conclusion: null,
      completedAt: null,
      output: {},
      annotations: [],
      detailsUrl: null,
      externalId: "",
    };
  }

  #update(run: CheckRun, input: Json): void {
    const text = (key: string) => (typeof input[key] === "string" ? input[key] : undefined);
    const conclusion = text("conclusion") ?? run.conclusion;
    // A conclusion completes a run, and a completed run must have a conclusion.
    const status = text("conclusion") === undefined ? (text("status") ?? run.status) : "completed";
    if (status === "completed" && conclusion === null)
      throw invalid("CheckRun", "missing_field", "conclusion");
    const { annotations, ...output } = checkedOutput(input.output);
    // An update's annotations are added to the existing ones.
    const added = Array.isArray(annotations) ? annotations.map(asObject) : [];
    Object.assign(run, {
      name: text("name") ?? run.name,
      status,
      conclusion,
      completedAt: status === "completed" ? (text("completed_at") ?? this.repositories.timestamp()) : null,
      output: { ...run.output, ...output },
      annotations: [...run.annotations, ...added],
      detailsUrl: text("details_url") ?? run.detailsUrl,
      externalId: text("external_id") ?? run.externalId,
    });
  }

  #of(request: HttpRequest): CheckRun {
    const repo = this.repositories.of(request);
    const found = this.all.find((run) => run.repo === repo && `${run.id}` === param(request, "id"));
    if (!found) throw notFound();
    return found;
  }

  json(run: CheckRun): Json {
    const { id, repo } = run;
    const [pull] = this.pulls.withHead(repo, run.headSha).filter(({ headRepo }) => headRepo === repo);
    const [branch] = this.contents.branchesAt(repo, run.headSha);
    const url = `${this.repositories.apiUrl()}/repos/${fullName(repo)}/check-runs/${id}`;
    const empty = { title: null, summary: null, text: null };
    return fromExample(["check_run", "created", "check_run"], this.repositories.moves(repo), {
      id,
      node_id: nodeId("CheckRun", id),
      head_sha: run.headSha,
      external_id: run.externalId,
      url,
      html_url: `${htmlUrl(repo)}/runs/${id}`,
      details_url: run.detailsUrl,
      name: run.name,
      status: run.status,
      conclusion: run.conclusion,
      started_at: run.startedAt,
      completed_at: run.completedAt,
      output: {
        ...empty,
        ...run.output,
        annotations_count: run.annotations.length,
        annotations_url: `${url}/annotations`,
      },
      // A head in a fork has neither branch nor pull requests here.
      check_suite: { id, head_branch: pull?.headBranch ?? branch ?? null },
      app: { ...this.auth.json(), ...run.app },
      pull_requests: pull ? [this.pulls.shown.brief(pull)] : [],
      deployment: undefined,
    });
  }
}

/** Keeps the first check run for each name and App. The given runs are the newest first. */
function latest(runs: readonly CheckRun[]): CheckRun[] {
  const isSame = (a: CheckRun, b: CheckRun) => a.name === b.name && a.app?.id === b.app?.id;
  return runs.filter((run, i) => runs.findIndex((other) => isSame(other, run)) === i);
}

function checkedOutput(value: unknown): Json {
  if (value === undefined) return {};
  const output = asObject(value);
  for (const key of ["title", "summary"]) {
    if (typeof output[key] !== "string") throw invalid("CheckRun", "missing_field", `output.${key}`);
  }
  for (const key of ["summary", "text"]) {
    const text = output[key];
    if (typeof text !== "string") continue;
    assertCharacters(text, MAX_TEXT);
    if (Buffer.byteLength(text) > MAX_TEXT) {
      throw invalid("CheckRun", "custom", key, `${key} exceeds a maximum bytesize of ${MAX_TEXT}`);
    }
  }
  const { annotations } = output;
  if (Array.isArray(annotations) && annotations.length > MAX_ANNOTATIONS) {
    throw invalid("CheckRun", "invalid", "annotations", `no more than ${MAX_ANNOTATIONS} at a time`);
  }
  for (const annotation of Array.isArray(annotations) ? annotations.map(asObject) : []) {
    for (const key of ["path", "start_line", "end_line", "annotation_level", "message"]) {
      if (annotation[key] === undefined) throw invalid("CheckRun", "missing_field", `annotations.${key}`);
    }
    if (typeof annotation.title === "string") assertCharacters(annotation.title, MAX_ANNOTATION_TITLE);
    for (const key of ["message", "raw_details"]) {
      const text = annotation[key];
      if (typeof text !== "string" || Buffer.byteLength(text) <= MAX_ANNOTATION_BYTES) continue;
      throw invalid(
        "CheckRun",
        "custom",
        key,
        `${key} exceeds a maximum bytesize of ${MAX_ANNOTATION_BYTES}`,
      );
    }
  }
  return output;
}

/** Throws GitHub's message for limits that its API description defines. */
function assertCharacters(text: string, most: number): void {
  const { length } = [...text];
  if (length <= most) return;
  throw new GitHubError(
    422,
    `Invalid request.\n\nOnly ${most} characters are allowed; ${length} were supplied.`,
  );
}
