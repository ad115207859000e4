import type { Happening, Happenings } from "../repositories/happenings.js";
import { type By, tellOptions } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import { htmlUrl, nodeId, type Repository, type User } from "../repositories/repository.js";
import { fromExample } from "../rest/examples.js";
import { body, invalid, type Json, notFound, param, type Rest } from "../rest/rest.js";
import type { Told } from "../webhooks/deliveries.js";
import type { Issue, IssueRef, Issues } from "./issues.js";
import { type Reaction, react, reactionCounts } from "./reactions.js";
import { checkUnlocked } from "./refusals.js";
import { updatedSince } from "./updated-since.js";

/** A comment on an issue or in a pull request's conversation. */
export interface IssueComment {
  readonly id: number;
  readonly issue: Issue;
  readonly user: User;
  readonly createdAt: string;
  readonly byApp: boolean;
  readonly reactions: Reaction[];
  body: string;
  updatedAt: string;
  /** Who edited it last. */
  editor?: User;
}

/** In characters, not bytes. */
const MAX_BODY = 65_536;

export class IssueComments {
  readonly #comments = new Map<number, IssueComment>();

  constructor(
    readonly issues: Issues,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly bot: User,
  ) {}

  on(issue: Issue): IssueComment[] {
    return [...this.#comments.values()].filter((comment) => comment.issue === issue);
  }

  /** `undefined` if there is none. */
  byId(id: number): IssueComment | undefined {
    return this.#comments.get(id);
  }

  get(repo: Repository, id: number): IssueComment {
    const found = this.#comments.get(id);
    if (found?.issue.repo !== repo) throw notFound();
    return found;
  }

  async create(
    ref: IssueRef,
    { by, body, deliver }: By & { body: string },
  ): Promise<Told<{ comment: IssueComment }>> {
    const comment = this.#add(this.issues.get(ref), this.repositories.user(by), body);
    return this.happenings.tell(this.#happening(comment, "created", by), { comment }, tellOptions(deliver));
  }

  async edit(comment: IssueComment, { by, body, deliver }: By & { body: string }) {
    const changes = this.#change(comment, body, this.repositories.user(by));
    const happening = this.#happening(comment, "edited", by, { changes });
    return this.happenings.tell(happening, { comment }, tellOptions(deliver));
  }

  async delete(comment: IssueComment, { by, deliver }: By) {
    this.#remove(comment);
    return this.happenings.tell(this.#happening(comment, "deleted", by), { comment }, tellOptions(deliver));
  }

  #add(issue: Issue, user: User, text: string, byApp = false): IssueComment {
    const now = this.repositories.timestamp();
    const comment: IssueComment = {
      id: this.repositories.nextId(),
      issue,
      user,
      createdAt: now,
      byApp,
      reactions: [],
      body: text,
      updatedAt: now,
    };
    this.#comments.set(comment.id, comment);
    this.issues.change(issue, { commentCount: issue.commentCount + 1 });
    return comment;
  }

  #change(comment: IssueComment, text: string, editor: User): Json {
    const from = comment.body;
    Object.assign(comment, { body: text, editor, updatedAt: this.repositories.timestamp() });
    return { body: { from } };
  }

  #remove(comment: IssueComment): void {
    this.#comments.delete(comment.id);
    this.issues.change(comment.issue, { commentCount: comment.issue.commentCount - 1 });
  }

  #happening(comment: IssueComment, action: string, by: string, more: Json = {}): Happening {
    const fields = { issue: this.issues.json(comment.issue), comment: this.json(comment), ...more };
    return { event: "issue_comment", action, repository: comment.issue.repo, by, fields };
  }

  json(comment: IssueComment): Json {
    const { issue, id } = comment;
    const { repo, number } = issue;
    const api = `${this.repositories.apiUrl()}/repos/${repo.owner.login}/${repo.name}/issues`;
    const page = `${htmlUrl(repo)}/${issue.isPull ? "pull" : "issues"}/${number}`;
    const url = `${api}/comments/${id}`;
    return fromExample(["issue_comment", "created", "comment"], this.repositories.moves(repo), {
      id,
      node_id: nodeId("IssueComment", id),
      url,
      html_url: `${page}#issuecomment-${id}`,
      issue_url: `${api}/${number}`,
      user: this.repositories.userJson(comment.user),
      body: comment.body,
      created_at: comment.createdAt,
      updated_at: comment.updatedAt,
      author_association: this.repositories.authorAssociation(repo, comment.user),
      reactions: reactionCounts(comment.reactions, url),
      performed_via_github_app: this.issues.appMark(comment.byApp),
    });
  }

  /** https://docs.github.com/rest/issues/comments */
  routes(rest: Rest): void {
    const one = "/repos/:owner/:repo/issues/comments/:id";
    const list = "/repos/:owner/:repo/issues/:number/comments";
    rest.get("/repos/:owner/:repo/issues/comments", (request) => {
      const repo = this.repositories.of(request);
      const all = [...this.#comments.values()].filter(({ issue }) => issue.repo === repo);
      return rest.page(request, updatedSince(request, all), (comment) => this.json(comment));
    });
    rest.get(one, (request) => {
      const comment = this.get(this.repositories.of(request), Number(param(request, "id")));
      return { status: 200, body: this.json(comment) };
    });
    rest.patch(one, (request) => {
      const comment = this.get(this.repositories.of(request), Number(param(request, "id")));
      checkUnlocked(comment.issue, "update comment");
      const changes = this.#change(comment, commentBody(body(request)), this.bot);
      this.happenings.tellOfOwn(this.#happening(comment, "edited", this.bot.login, { changes }));
      return { status: 200, body: this.json(comment) };
    });
    rest.delete(one, (request) => {
      const comment = this.get(this.repositories.of(request), Number(param(request, "id")));
      this.#remove(comment);
      this.happenings.tellOfOwn(this.#happening(comment, "deleted", this.bot.login));
      return { status: 204 };
    });
    rest.post(`${one}/reactions`, (request) => {
      const comment = this.get(this.repositories.of(request), Number(param(request, "id")));
      checkUnlocked(comment.issue, "create reaction");
      return react(this.repositories, comment.reactions, this.bot, body(request).content);
    });
    rest.get(list, (request) => {
      const repo = this.repositories.of(request);
      const issue = this.issues.get({ repo, number: Number(param(request, "number")) });
      return rest.page(request, updatedSince(request, this.on(issue)), (comment) => this.json(comment));
    });
    rest.post(list, (request) => {
      const repo = this.repositories.of(request);
      const issue = this.issues.get({ repo, number: Number(param(request, "number")) });
      checkUnlocked(issue, "create comment");
      const comment = this.#add(issue, this.bot, commentBody(body(request)), true);
      this.happenings.tellOfOwn(this.#happening(comment, "created", this.bot.login));
      return { status: 201, body: this.json(comment) };
    });
  }
}

function commentBody({ body: text }: Json): string {
  if (typeof text !== "string" || text.trim() === "") throw invalid("IssueComment", "missing_field", "body");
  if ([...text].length > MAX_BODY) {
    const message = `Body is too long (maximum is ${MAX_BODY} characters)`;
    throw invalid("IssueComment", "unprocessable", "data", message);
  }
  return text;
}
