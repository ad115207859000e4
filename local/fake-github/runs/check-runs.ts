import type { HttpRequest } from "../../http/http-server.js";
import type { AppAuth } from "../app/app-auth.js";
import type { Contents } from "../contents/contents.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, nodeId, type Repository } from "../repositories/repository.js";
import { asObject, fromExample } from "../rest/examples.js";
import { body, GitHubError, invalid, type Json, notFound, param, type Rest } from "../rest/rest.js";

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
  /** The id of another App, if the check run is not the fake App's own. */
  appId?: number;
}

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
  ) {}

  routes(rest: Rest): void {
    rest.post("/repos/:owner/:repo/check-runs", (request) => {
      return { status: 201, body: this.json(this.#create(request)) };
    });
    rest.get("/repos/:owner/:repo/check-runs/:id", (request) => {
      return { status: 200, body: this.json(this.#of(request)) };
    });
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
      const found = this.all
        .filter((run) => run.repo === repo && run.headSha === sha)
        .filter((run) => [null, run.name].includes(query.get("check_name")))
        .filter((run) => [null, run.status].includes(query.get("status")))
        .filter(({ appId }) => [null, String(appId ?? this.auth.appId)].includes(query.get("app_id")))
        .reverse();
      const latest = found.filter((run, i) => found.findIndex(({ name }) => name === run.name) === i);
      const shown = query.get("filter") === "all" ? found : latest;
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
    const run: CheckRun = {
      id: this.repositories.nextId(),
      repo: this.repositories.of(request),
      headSha: head_sha,
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
    this.#update(run, input);
    this.all.push(run);
    return run;
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
      check_suite: { id },
      app: { ...this.auth.json(), ...(run.appId !== undefined && { id: run.appId, slug: "another" }) },
      pull_requests: [],
      deployment: undefined,
    });
  }
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

/** GitHub's message if the API description itself defines the limit. */
function assertCharacters(text: string, most: number): void {
  const { length } = [...text];
  if (length <= most) return;
  throw new GitHubError(
    422,
    `Invalid request.\n\nOnly ${most} characters are allowed; ${length} were supplied.`,
  );
}
