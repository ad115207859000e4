import type { HttpRequest } from "../../http/http-server.js";
import type { Pulls } from "../pulls/pulls.js";
import type { Happenings } from "../repositories/happenings.js";
import { tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { fullName, htmlUrl, nodeId, type Repository } from "../repositories/repository.js";
import { fromExample } from "../rest/examples.js";
import { type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";
import { JobLogs } from "./job-logs.js";
import type { Job, NewRun, Run } from "./workflow-run.js";

/** Workflow runs, their jobs and logs. https://docs.github.com/rest/actions/workflow-runs */
export class Actions {
  readonly #runs: Run[] = [];
  readonly logs = new JobLogs();

  constructor(
    readonly pulls: Pulls,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly defaultActor: string,
  ) {}

  async complete(input: NewRun): Promise<Told<{ run: Run }>> {
    const by = input.by ?? this.defaultActor;
    const run = this.#run(input, by);
    const attempt = input.attempt ?? 1;
    const now = this.repositories.timestamp();
    const restarter = this.repositories.user(input.restartedBy ?? run.actor.login);
    Object.assign(run, { attempt, restarter, conclusion: input.conclusion, updatedAt: now });
    for (const job of input.jobs ?? []) {
      run.jobs.push({ ...job, id: this.repositories.nextId(), attempt, at: now });
    }
    const fields = { workflow_run: this.json(run), workflow: this.#workflowJson(run) };
    const happening = { event: "workflow_run", action: "completed", repository: run.repo, by, fields };
    return this.happenings.tell(happening, { run }, tellOptions(input.deliver));
  }

  #run(input: NewRun, by: string): Run {
    const repo = this.repositories.get(input.repo);
    const { workflow, headSha, branch, conclusion } = input;
    const earlier = this.#runs.findLast(
      (run) => run.repo === repo && run.workflow === workflow && run.headSha === headSha,
    );
    if (earlier && (input.attempt ?? 1) > 1) return earlier;
    const now = this.repositories.timestamp();
    const run: Run = {
      id: this.repositories.nextId(),
      repo,
      headRepo: this.repositories.get(input.headRepo ?? repo),
      workflow,
      branch,
      headSha,
      event: input.event ?? "pull_request",
      actor: this.repositories.user(by),
      restarter: this.repositories.user(by),
      number: this.#runs.length + 1,
      createdAt: now,
      attempt: 1,
      conclusion,
      updatedAt: now,
      jobs: [],
    };
    this.#runs.push(run);
    return run;
  }

  json(run: Run): Json {
    const { id, repo, headRepo, attempt } = run;
    const moves = this.repositories.moves(repo, (theirs) => [[`${theirs.id}`, `${id}`]]);
    const pulls = headRepo === repo ? this.pulls.fromBranch(repo, run.branch) : [];
    const url = `${this.#api(repo)}/runs/${id}`;
    const workflowId = this.#workflowId(run);
    return fromExample(["workflow_run", "completed", "workflow_run"], moves, {
      id,
      node_id: nodeId("WorkflowRun", id),
      name: run.workflow,
      path: workflowPath(run),
      head_branch: run.branch,
      head_sha: run.headSha,
      head_commit: commitJson(run),
      event: run.event,
      status: "completed",
      conclusion: run.conclusion,
      run_number: run.number,
      run_attempt: attempt,
      created_at: run.createdAt,
      updated_at: run.updatedAt,
      run_started_at: run.createdAt,
      url,
      html_url: `${htmlUrl(repo)}/actions/runs/${id}`,
      previous_attempt_url: attempt > 1 ? `${url}/attempts/${attempt - 1}` : null,
      workflow_id: workflowId,
      workflow_url: `${this.#api(repo)}/workflows/${workflowId}`,
      pull_requests: pulls.map((pull) => this.pulls.shown.brief(pull)),
      actor: this.repositories.userJson(run.actor),
      triggering_actor: this.repositories.userJson(run.restarter),
      repository: this.repositories.json(repo),
      head_repository: this.repositories.json(headRepo),
    });
  }

  /** All runs of one workflow share its id. */
  #workflowId({ repo, workflow }: Run): number {
    const first = this.#runs.find((run) => run.repo === repo && run.workflow === workflow);
    return 70_000_000 + (first?.number ?? 0);
  }

  #workflowJson(run: Run): Json {
    const id = this.#workflowId(run);
    const path = workflowPath(run);
    const html = `${htmlUrl(run.repo)}/blob/${run.repo.defaultBranch}/${path}`;
    const url = `${this.#api(run.repo)}/workflows/${id}`;
    return {
      id,
      node_id: nodeId("Workflow", id),
      name: run.workflow,
      path,
      state: "active",
      url,
      html_url: html,
    };
  }

  #api(repo: Repository): string {
    return `${this.repositories.apiUrl()}/repos/${fullName(repo)}/actions`;
  }

  #jobJson(run: Run, job: Job): Json {
    const { name, conclusion, at, attempt, id } = job;
    const done = { status: "completed", started_at: at, completed_at: at };
    const html = `${htmlUrl(run.repo)}/actions/runs/${run.id}/job/${id}`;
    const steps = (job.steps ?? []).map((step, i) => ({ ...done, ...step, number: i + 1 }));
    return fromExample(["workflow_job", "completed", "workflow_job"], this.repositories.moves(run.repo), {
      id,
      node_id: nodeId("CheckRun", id),
      run_id: run.id,
      run_url: `${this.#api(run.repo)}/runs/${run.id}`,
      run_attempt: attempt,
      url: `${this.#api(run.repo)}/jobs/${id}`,
      html_url: html,
      check_run_url: `${this.repositories.apiUrl()}/repos/${fullName(run.repo)}/check-runs/${id}`,
      head_sha: run.headSha,
      head_branch: run.branch,
      workflow_name: run.workflow,
      name,
      conclusion,
      created_at: at,
      ...done,
      steps,
    });
  }

  /** The runs of a commit, one check suite each. */
  ofCommit(repo: Repository, sha: string): Run[] {
    return this.#runs.filter((run) => run.repo === repo && run.headSha === sha);
  }

  routes(rest: Rest): void {
    rest.get("/repos/:owner/:repo/actions/runs", (request) => {
      const repo = this.repositories.of(request);
      const all = this.#runs.filter((run) => run.repo === repo);
      return rest.page(request, asked(request, all), (run) => this.json(run), "workflow_runs");
    });
    rest.get("/repos/:owner/:repo/actions/workflows/:id/runs", (request) =>
      rest.page(request, this.#listed(request), (run) => this.json(run), "workflow_runs"),
    );
    const one = "/repos/:owner/:repo/actions/runs/:id";
    rest.get(one, (request) => ({ status: 200, body: this.json(this.#of(request)) }));
    rest.get(`${one}/jobs`, (request) => {
      const run = this.#of(request);
      const all = request.query.get("filter") === "all";
      const jobs = run.jobs.filter((job) => all || job.attempt === run.attempt);
      return rest.page(request, jobs, (job) => this.#jobJson(run, job), "jobs");
    });
    rest.get(`${one}/attempts/:attempt/jobs`, (request) => {
      const run = this.#of(request);
      const attempt = Number(param(request, "attempt"));
      if (!(attempt >= 1 && attempt <= run.attempt)) throw notFound();
      const jobs = run.jobs.filter((job) => job.attempt === attempt);
      return rest.page(request, jobs, (job) => this.#jobJson(run, job), "jobs");
    });
    rest.get("/repos/:owner/:repo/actions/jobs/:id/logs", (request) => {
      const repo = this.repositories.of(request);
      const jobs = this.#runs.filter((run) => run.repo === repo).flatMap((run) => run.jobs);
      const job = jobs.find(({ id }) => `${id}` === param(request, "id"));
      return this.logs.redirect(job?.log, rest.http.url);
    });
    this.logs.routes(rest);
  }

  /** A workflow's runs, the newest first, including those of forks' branches with the same name. */
  #listed(request: HttpRequest): Run[] {
    const repo = this.repositories.of(request);
    const ofWorkflow = this.#runs.filter(
      (run) => run.repo === repo && `${this.#workflowId(run)}` === param(request, "id"),
    );
    if (ofWorkflow.length === 0) throw notFound();
    return asked(request, ofWorkflow);
  }

  #of(request: HttpRequest): Run {
    const repo = this.repositories.of(request);
    const found = this.#runs.find((run) => run.repo === repo && `${run.id}` === param(request, "id"));
    if (!found) throw notFound();
    return found;
  }
}

/** The runs that match a request's filters, the newest first. `status` can also be a conclusion. */
function asked({ query }: HttpRequest, runs: readonly Run[]): Run[] {
  const [branch, event, status, sha] = ["branch", "event", "status", "head_sha"].map((name) =>
    query.get(name),
  );
  return runs
    .filter(
      (run) =>
        (branch === null || run.branch === branch) &&
        (event === null || run.event === event) &&
        (status === null || status === "completed" || run.conclusion === status) &&
        (sha === null || run.headSha === sha),
    )
    .reverse();
}

function commitJson({ headSha, createdAt, actor: { login } }: Run): Json {
  const who = { name: login, email: `${login}@users.noreply.github.com` };
  const message = "Change files";
  return { id: headSha, tree_id: headSha, message, timestamp: createdAt, author: who, committer: who };
}

const workflowPath = ({ workflow }: Run): string =>
  `.github/workflows/${workflow.toLowerCase().replace(/[^a-z0-9]+/g, "-")}.yml`;
