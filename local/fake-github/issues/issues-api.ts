import type { HttpRequest } from "../../http/http-server.js";
import type { Happenings } from "../repositories/happenings.js";
import type { Repositories } from "../repositories/repositories.js";
import type { User } from "../repositories/repository.js";
import { asObject } from "../rest/examples.js";
import { body, invalid, type Json, param, type Rest } from "../rest/rest.js";
import type { Issue, Issues } from "./issues.js";
import { type Reaction, react } from "./reactions.js";
import { checkUnlocked, issuesDisabled } from "./refusals.js";
import { noteEvent } from "./timeline.js";

/** The API for issues: https://docs.github.com/rest/issues/issues */
export class IssuesApi {
  readonly #reactions = new Map<Issue, Reaction[]>();

  constructor(
    readonly issues: Issues,
    readonly repositories: Repositories,
    readonly happenings: Happenings,
    readonly bot: User,
  ) {}

  routes(rest: Rest): void {
    const one = "/repos/:owner/:repo/issues/:number";
    rest.get(one, (request) => ({ status: 200, body: this.issues.json(this.#issue(request)) }));
    rest.get("/repos/:owner/:repo/issues", (request) => {
      const { query } = request;
      if (!this.repositories.of(request).hasIssues) throw issuesDisabled();
      const state = query.get("state") ?? "open";
      const labels = (query.get("labels") ?? "").split(",").filter((label) => label !== "");
      const shown = this.issues
        .list(this.repositories.of(request))
        .filter((issue) => state === "all" || issue.state === state)
        .filter((issue) => labels.every((label) => issue.labels.includes(label)));
      return rest.page(request, shown, (issue) => this.issues.json(issue));
    });
    rest.post("/repos/:owner/:repo/issues", (request) => this.#create(request));
    rest.patch(one, (request) => this.#update(request));
    rest.delete(`${one}/assignees`, (request) => this.#removeAssignees(request));
    rest.post(`${one}/reactions`, (request) => {
      const issue = this.#issue(request);
      checkUnlocked(issue, "create reaction");
      const reactions = this.#reactions.get(issue) ?? [];
      this.#reactions.set(issue, reactions);
      return react(this.repositories, reactions, this.bot, body(request).content);
    });
  }

  #issue(request: HttpRequest): Issue {
    return this.issues.get({
      repo: this.repositories.of(request),
      number: Number(param(request, "number")),
    });
  }

  #create(request: HttpRequest) {
    const input = body(request);
    const { title, assignees } = input;
    if (!this.repositories.of(request).hasIssues) throw issuesDisabled();
    if (typeof title !== "string" || title === "") throw invalid("Issue", "missing_field", "title");
    assertFits(input);
    const labels = strings(input.labels);
    const issue = this.issues.add(
      { repo: this.repositories.of(request), by: this.bot.login, title, body: text(input.body), labels },
      { byApp: true },
    );
    this.#tell(issue, "opened");
    this.#assign(issue, strings(assignees));
    return { status: 201, body: this.issues.json(issue) };
  }

  #update(request: HttpRequest) {
    const issue = this.#issue(request);
    const input = body(request);
    assertFits(input);
    const edit: { title?: string; body?: string } = {};
    if (typeof input.title === "string") edit.title = input.title;
    if (typeof input.body === "string") edit.body = input.body;
    if (Object.keys(edit).length > 0) {
      this.#tell(issue, "edited", { changes: this.issues.applyEdit(issue, edit) });
    }
    if (input.assignees !== undefined) this.#assign(issue, strings(input.assignees));
    if (input.labels !== undefined) this.issues.change(issue, { labels: strings(input.labels) });
    if (input.state === "closed" && issue.state === "open") {
      this.issues.setState(
        issue,
        "closed",
        input.state_reason === "not_planned" ? "not_planned" : "completed",
      );
      this.#tell(issue, "closed");
    } else if (input.state === "open" && issue.state === "closed") {
      this.issues.setState(issue, "open", "reopened");
      noteEvent(this.repositories, issue.timeline, { type: "ReopenedEvent", by: this.bot.login });
      this.#tell(issue, "reopened");
    }
    return { status: 200, body: this.issues.json(issue) };
  }

  /** Ignores logins that aren't assigned. https://docs.github.com/rest/issues/assignees#remove-assignees-from-an-issue */
  #removeAssignees(request: HttpRequest) {
    const issue = this.#issue(request);
    const removed = strings(body(request).assignees).map((login) => login.toLowerCase());
    const logins = issue.assignees.map(({ login }) => login);
    this.#assign(
      issue,
      logins.filter((login) => !removed.includes(login.toLowerCase())),
    );
    return { status: 200, body: this.issues.json(issue) };
  }

  #assign(issue: Issue, logins: string[]): void {
    const wanted = logins.map((login) => this.repositories.user(login));
    const before = issue.assignees;
    this.issues.change(issue, { assignees: wanted });
    for (const user of wanted.filter((one) => !before.includes(one))) {
      noteEvent(this.repositories, issue.timeline, {
        type: "AssignedEvent",
        by: this.bot.login,
        assignee: user,
      });
      this.#tell(issue, "assigned", { assignee: this.repositories.userJson(user) });
    }
    for (const user of before.filter((one) => !wanted.includes(one))) {
      this.#tell(issue, "unassigned", { assignee: this.repositories.userJson(user) });
    }
  }

  #tell(issue: Issue, action: string, more: Json = {}): void {
    if (issue.isPull) return;
    this.happenings.tellOfOwn(this.issues.happening(issue, action, this.bot.login, more));
  }
}

const limits = { title: 256, body: 65_536 };
const labelLength = 50;

/** The limits are in characters, as the refusals say. */
function assertFits(input: Json): void {
  for (const [field, most] of Object.entries(limits)) {
    const value = input[field];
    if (typeof value !== "string" || [...value].length <= most) continue;
    throw invalid("Issue", "custom", field, `${field} is too long (maximum is ${most} characters)`);
  }
  for (const label of strings(input.labels)) {
    if ([...label].length <= labelLength) continue;
    throw invalid("Label", "custom", "name", `name is too long (maximum is ${labelLength} characters)`);
  }
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

/** The strings of a list; a label may also be an object with a name. */
function strings(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const name = typeof item === "string" ? item : asObject(item).name;
    return typeof name === "string" ? [name] : [];
  });
}
