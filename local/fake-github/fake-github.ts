import { type HttpReply, type HttpRequest, HttpServer } from "../http/http-server.js";
import { AppAuth } from "./app/app-auth.js";
import { AppHookApi } from "./app/app-hook.js";
import { AppPages } from "./app/app-pages.js";
import { Installations } from "./app/installations.js";
import { registerApp } from "./app/registered-app.js";
import { Contents } from "./contents/contents.js";
import { MergeQueue } from "./contents/merge-queue.js";
import { PullFiles } from "./contents/pull-files.js";
import { IssueComments } from "./issues/issue-comments.js";
import { Issues } from "./issues/issues.js";
import { IssuesApi } from "./issues/issues-api.js";
import { Activity } from "./pulls/activity.js";
import { PullAssignments } from "./pulls/assignments.js";
import { GraphQL } from "./pulls/graphql.js";
import { PullJson } from "./pulls/pull-json.js";
import { Pulls } from "./pulls/pulls.js";
import { PullsApi } from "./pulls/pulls-api.js";
import { Reviews } from "./pulls/reviews.js";
import { Happenings } from "./repositories/happenings.js";
import { Repositories } from "./repositories/repositories.js";
import type { NewRepository, NewUser, Repository, RepositoryRef, User } from "./repositories/repository.js";
import {
  enterpriseVersion,
  hasVersion,
  pathInApi,
  signInPage,
  unknownVersion,
} from "./rest/enterprise-server.js";
import { limitQueries, limitRate, primaryLimit, Quotas, type RateLimit } from "./rest/rate-limits.js";
import { type Json, notFound, Rest } from "./rest/rest.js";
import { Actions } from "./runs/actions.js";
import { CheckRuns } from "./runs/check-runs.js";
import { CommitStatuses } from "./runs/commit-statuses.js";
import { NodeQueries } from "./runs/node-queries.js";
import { Deliveries, type Delivery } from "./webhooks/deliveries.js";

export interface FakeGitHubOptions {
  appId?: number | string;
  appSlug?: string;
  /** The login of the account that owns the App. Default: `octo`. */
  appOwner?: string;
  /** The URL for webhooks. Default: none, so they are created but not sent. */
  webhookUrl?: string;
  webhookSecret?: string;
  /** The agent's GitHub user, who exists from the start. Default: `coder-agent`. */
  agentLogin?: string;
  /** Whether GitHub sends the App webhooks about its own actions. Default: true, as GitHub does. */
  echoOwnComments?: boolean;
  /** Milliseconds until a delivery counts as failed. Default: GitHub's 10 s. */
  deliveryTimeoutMs?: number;
  /** The clock for the time stamps of issues, comments and so on. Default: GitHub's clock. */
  now?: () => Date;
  /**
   * Whether to act as a GitHub Enterprise Server, with APIs at `/api/v3` and `/api/graphql`, pages on the same host, and
   * without newer features. Default: false, which means github.com.
   */
  isEnterpriseServer?: boolean;
  /** Milliseconds by which GitHub's clock is ahead of ours. Default: 0. */
  clockAheadMs?: number;
}

/**
 * The part of GitHub that the relay uses: a stateful REST API that refuses what the real one refuses, and signed webhooks
 * about users' actions. It needs nothing outside the process.
 *
 * @example
 * const github = new FakeGitHub({ webhookUrl: "http://127.0.0.1:3000/webhooks/github" });
 * await github.listen();
 * github.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
 * const { issue } = await github.openIssue({ repo: "octo/app", by: "mona", title: "It is broken" });
 * const { status } = await github.assign(issue, { by: "mona", assignee: github.agentLogin });
 */
export class FakeGitHub {
  readonly http = new HttpServer();
  readonly agentLogin: string;
  readonly isEnterpriseServer: boolean;

  readonly repositories: Repositories;
  readonly auth: AppAuth;
  readonly issues: Issues;
  readonly comments: IssueComments;
  readonly pulls: Pulls;
  readonly pullAssignments: PullAssignments;
  readonly reviews: Reviews;
  readonly actions: Actions;
  readonly contents: Contents;
  readonly checkRuns: CheckRuns;
  readonly statuses: CommitStatuses;
  readonly mergeQueue: MergeQueue;
  readonly installations: Installations;
  /** GitHub's pages for making and installing an App, in a browser. */
  readonly pages: AppPages;
  /** The webhooks, and the attempts to send them. */
  readonly hooks: Deliveries;
  /** How many requests the App may make in an hour, and how many it has made. */
  readonly quotas: Quotas;
  #listening = false;

  constructor(options: FakeGitHubOptions = {}) {
    this.agentLogin = options.agentLogin ?? "coder-agent";

    this.isEnterpriseServer = options.isEnterpriseServer ?? false;
    this.http.commonHeaders = this.isEnterpriseServer
      ? { "x-github-enterprise-version": enterpriseVersion }
      : primaryLimit;
    const apiUrl = () => (this.#listening ? this.apiUrl : "https://api.github.com");
    const pagesUrl = () => (this.isEnterpriseServer && this.#listening ? this.url : "https://github.com");
    const rest = new Rest(this.http, apiUrl);
    const { clockAheadMs = 0 } = options;
    this.http.now = () => new Date(Date.now() + clockAheadMs);
    this.repositories = new Repositories(
      { apiUrl, pagesUrl, isEnterpriseServer: this.isEnterpriseServer },
      options.now ?? this.http.now,
    );
    this.auth = new AppAuth(appOf(options), this.repositories, this.http.now);
    const bot = this.addUser({ login: this.botLogin, type: "Bot" });
    this.addUser({ login: this.agentLogin });
    rest.check = (request, anyOf) => this.auth.checkPermissions(request, anyOf);
    this.hooks = new Deliveries({
      url: () => this.webhookUrl,
      contentType: () => this.auth.app.hook.contentType,
      secret: () => this.webhookSecret,
      appId: () => this.appId,
      timeoutMs: options.deliveryTimeoutMs ?? 10_000,
      enterpriseHost: () => (this.isEnterpriseServer ? new URL(this.url).host : undefined),
      now: this.http.now,
    });
    const happenings = new Happenings(this.repositories, this.hooks, options.echoOwnComments ?? true);
    const mark = (byApp: boolean) => (byApp ? this.auth.json() : null);
    this.issues = new Issues(this.repositories, happenings, mark);
    this.comments = new IssueComments(this.issues, this.repositories, happenings, bot);
    this.pulls = new Pulls(
      this.issues,
      this.repositories,
      happenings,
      new PullJson(this.issues, this.repositories),
    );
    this.pullAssignments = new PullAssignments(this.pulls, this.repositories, happenings, bot);
    this.reviews = new Reviews(this.pulls, this.repositories, happenings, bot);
    this.actions = new Actions(this.pulls, this.repositories, happenings, this.agentLogin);
    this.contents = new Contents(this.repositories, happenings);
    this.checkRuns = new CheckRuns(this.auth, this.repositories, this.contents, this.pulls, happenings);
    this.statuses = new CommitStatuses(this.pulls, this.contents, this.repositories, happenings);
    this.mergeQueue = new MergeQueue(this.pulls, this.contents, this.repositories, happenings);
    this.installations = new Installations(this.auth, this.repositories, this.hooks);
    const pullFiles = new PullFiles(this.pulls, this.contents);
    const issuesApi = new IssuesApi(this.issues, this.repositories, happenings, bot);

    this.pages = new AppPages(
      this.auth,
      this.installations,
      this.repositories,
      () => this.ping(),
      this.http.now,
    );
    this.http.before = (request) => {
      if (this.pages.isPage(request.path)) return undefined;
      if (this.isEnterpriseServer) {
        const path = pathInApi(request.path);
        if (path === undefined) return signInPage;
        request.path = path;
      }
      if (!hasVersion(request, this.isEnterpriseServer)) return unknownVersion().reply;
      // The API's own redirects lead to `/repositories/{id}/…`, which still works after a rename.
      const [, id, path = ""] = /^\/repositories\/(\d+)(\/.*)?$/.exec(request.path) ?? [];
      const repository = this.repositories.byId(Number(id));
      if (repository) request.path = `/repos/${repository.owner.login}/${repository.name}${path}`;
      return this.#redirect(request) ?? this.auth.check(request) ?? this.quotas.check(request);
    };
    this.quotas = new Quotas(this.http.now);
    this.quotas.routes(rest);
    this.http.notFound = () => notFound().reply;
    const graphql = new GraphQL(this.auth, this.repositories, this.pulls, new NodeQueries(this));
    const things = [
      this.comments,
      issuesApi,
      // Before the pull requests, so that "comments" isn't taken for a pull request's number.
      this.reviews,
      this.pullAssignments,
      new PullsApi(this.pulls, this.repositories),
      pullFiles,
      this.actions,
      this.contents,
      this.statuses,
      new Activity(this.pulls, this.repositories),
    ];
    const hook = new AppHookApi(this.auth);
    for (const part of [
      this.auth,
      hook,
      this.pages,
      this.hooks,
      this.repositories,
      ...things,
      this.checkRuns,
      graphql,
    ]) {
      part.routes(rest);
    }
  }

  /** GitHub's answer for a repository that was renamed. */
  #redirect({ method, path, query }: HttpRequest): HttpReply | undefined {
    const [, name = "", rest = ""] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
    const repository = this.repositories.formerly(name);
    if (!repository) return undefined;
    const location = `${this.apiUrl}/repositories/${repository.id}${rest}${query.size > 0 ? `?${query}` : ""}`;
    // A client must not turn a POST into a GET (google/go-github#184).
    const status = method === "GET" ? 301 : 307;
    return { status, headers: { location }, body: { message: "Moved Permanently", url: location } };
  }

  /** Returns its URL, without a trailing slash. */
  async listen(port?: number): Promise<string> {
    await this.http.listen(port);
    this.#listening = true;
    return this.url;
  }

  /** Aborts deliveries in progress and stops listening. */
  async close(): Promise<void> {
    await this.hooks.close();
    if (this.#listening) await this.http.close();
    this.#listening = false;
  }

  get appId(): string {
    return this.auth.app.id;
  }

  get appSlug(): string {
    return this.auth.app.slug;
  }

  get botLogin(): string {
    return `${this.appSlug}[bot]`;
  }

  get privateKey(): string {
    return this.auth.app.privateKey;
  }

  get webhookSecret(): string {
    return this.auth.app.hook.secret;
  }

  /** The URL for webhooks; empty for none. */
  get webhookUrl(): string {
    return this.auth.app.hook.url;
  }

  set webhookUrl(url: string) {
    this.auth.app.hook.url = url;
  }

  get url(): string {
    return this.http.url;
  }

  /** The base URL of the REST API, without a trailing slash: `GITHUB_API_URL`. */
  get apiUrl(): string {
    return this.isEnterpriseServer ? `${this.url}/api/v3` : this.url;
  }

  addUser = (input: NewUser): User => this.repositories.addUser(input);

  /** Changes an account's login; after that, anyone may take the old one (`addUser`). */
  renameUser: Repositories["renameUser"] = (login, to) => this.repositories.renameUser(login, to);

  /** By default, the agent has write permission in every new repository. */
  addRepository = (input: NewRepository): Repository =>
    this.repositories.addRepository({
      ...input,
      permissions: { [this.agentLogin]: "write", ...input.permissions },
    });

  openIssue: Issues["open"] = (input) => this.issues.open(input);
  assign: Issues["assign"] = (issue, options) => this.issues.assign(issue, options);
  unassign: Issues["unassign"] = (issue, options) => this.issues.unassign(issue, options);
  editIssue: Issues["edit"] = (issue, options) => this.issues.edit(issue, options);
  closeIssue: Issues["close"] = (issue, options) => this.issues.close(issue, options);
  reopenIssue: Issues["reopen"] = (issue, options) => this.issues.reopen(issue, options);
  deleteIssue: Issues["delete"] = (issue, options) => this.issues.delete(issue, options);
  transferIssue: Issues["transfer"] = (issue, options) => this.issues.transfer(issue, options);
  comment: IssueComments["create"] = (issue, options) => this.comments.create(issue, options);
  editComment: IssueComments["edit"] = (comment, options) => this.comments.edit(comment, options);
  deleteComment: IssueComments["delete"] = (comment, options) => this.comments.delete(comment, options);

  openPull: Pulls["open"] = (input) => this.pulls.open(input);
  pushToPull: Pulls["push"] = (pull, options) => this.pulls.push(pull, options);
  editPull: Pulls["edit"] = (pull, options) => this.pulls.edit(pull, options);
  linkPull: Pulls["link"] = (pull, options) => this.pulls.link(pull, options);
  reopenPull: Pulls["reopen"] = (pull, options) => this.pulls.reopen(pull, options);
  setDraft: Pulls["setDraft"] = (pull, options) => this.pulls.setDraft(pull, options);
  closePull: Pulls["close"] = (pull, options) => this.pulls.close(pull, options);
  assignPull: PullAssignments["assign"] = (pull, options) => this.pullAssignments.assign(pull, options);
  unassignPull: PullAssignments["unassign"] = (pull, options) => this.pullAssignments.unassign(pull, options);
  requestReview: PullAssignments["requestReview"] = (pull, options) =>
    this.pullAssignments.requestReview(pull, options);
  removeReviewRequest: PullAssignments["removeReviewRequest"] = (pull, options) =>
    this.pullAssignments.removeReviewRequest(pull, options);
  review: Reviews["submit"] = (pull, input) => this.reviews.submit(pull, input);
  editReview: Reviews["edit"] = (review, options) => this.reviews.edit(review, options);
  editReviewComment: Reviews["editComment"] = (comment, options) =>
    this.reviews.editComment(comment, options);
  deleteReviewComment: Reviews["deleteComment"] = (comment, options) =>
    this.reviews.deleteComment(comment, options);
  completeRun: Actions["complete"] = (input) => this.actions.complete(input);
  reportCheck: CheckRuns["report"] = (input) => this.checkRuns.report(input);
  setStatus: CommitStatuses["report"] = (input) => this.statuses.report(input);
  push: Contents["push"] = (input) => {
    const repo = this.repositories.get(input.repo);
    this.pulls.baseMoves(repo, input.branch ?? repo.defaultBranch);
    return this.contents.push(input);
  };

  /** Renames a branch, and with it the base of the open pull requests into it. */
  renameBranch = (name: RepositoryRef, from: string, to: string): void => {
    const repo = this.repositories.get(name);
    this.contents.renameBranch(repo, from, to);
    this.pulls.renameBase(repo, from, to);
  };

  /** Sends the webhook that GitHub sends when the App's hook is created. */
  ping(): Promise<Delivery> {
    const hook = { type: "App", id: 400000001, app_id: Number(this.appId), active: true };
    return this.deliver("ping", { zen: "Keep it logically awesome.", hook_id: hook.id, hook });
  }

  /** Signs and sends any payload unchanged. */
  deliver(event: string, payload: Json, { guid }: { guid?: string } = {}): Promise<Delivery> {
    return this.hooks.send(this.hooks.make(event, payload, guid));
  }

  /** Makes the next `count` attempts to deliver fail to reach the receiver. */
  loseDeliveries(count: number): void {
    this.hooks.unreachable = count;
  }

  /** Sends a delivery that was made with `deliver: false`, or sends a delivery again. */
  send: Deliveries["send"] = (delivery) => this.hooks.send(delivery);

  /** Sends the same GUID and body again, like the button in the App's settings. */
  redeliver = (guid: string): Promise<Delivery> => this.hooks.redeliver(guid);

  /** All deliveries, the oldest first, sent or not. */
  get deliveries(): readonly Delivery[] {
    return this.hooks.made;
  }

  /** Resolves once no delivery is in progress. */
  settled = (): Promise<void> => this.hooks.settled();

  /** The issues of a repository, the newest first. */
  issuesOf: Issues["list"] = (repo) => this.issues.list(repo);

  /** The comments on an issue or pull request. */
  commentsOn = (issue: { repo: RepositoryRef; number: number }) => this.comments.on(this.issues.get(issue));

  /** Makes the next matching calls hit a secondary rate limit. */
  limitRate = (fault: RateLimit = {}): void => limitRate(this.http, fault);

  /** Makes the next GraphQL queries hit a rate limit. */
  limitQueries = ({ times = 1 }: { times?: number } = {}): void => {
    limitQueries(this.http, { times, installation: this.appId });
  };
}

function appOf({
  appId = 12345,
  appSlug = "coder-task-relay",
  appOwner = "octo",
  ...options
}: FakeGitHubOptions) {
  const app = registerApp({ id: `${appId}`, slug: appSlug, owner: appOwner });
  app.hook.url = options.webhookUrl ?? "";
  if (options.webhookSecret) app.hook.secret = options.webhookSecret;
  return app;
}
