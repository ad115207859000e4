import { setTimeout as sleep } from "node:timers/promises";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { IssueComment } from "../../local/fake-github/issues/issue-comments.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { headSha, type Pull } from "../../local/fake-github/pulls/pull.js";
import type { Courier } from "./courier.js";
import type { Random } from "./random.js";
import type { Trace } from "./trace.js";

export const repo = "octo/app";

export interface Stage {
  gitHub: FakeGitHub;
  coder: FakeCoder;
  courier: Courier;
  trace: Trace;
}

/** A text for the agent, found again by its marker. */
export interface Word {
  marker: string;
  /** `must`: the agent gets it. `may`: it can get it, because something else happened at the same time. */
  delivery: "must" | "may";
}

/** The random life of one issue and its pull request, and what must have come of it. */
export class Life {
  readonly issue: Issue;
  readonly words: Word[] = [];
  isWanted = false;
  #pull: Pull | undefined;
  #comments: { comment: IssueComment; word: Word }[] = [];
  /** The failure of the pull request's head that nobody has replaced. */
  #failure: Word | undefined;
  #count = 0;

  private constructor(
    private readonly stage: Stage,
    private readonly random: Random,
    issue: Issue,
  ) {
    this.issue = issue;
  }

  static async begin(stage: Stage, random: Random): Promise<Life> {
    const opened = await stage.gitHub.openIssue({ repo, by: "mona", title: "It is broken", deliver: false });
    stage.courier.take(opened);
    return new Life(stage, random, opened.issue);
  }

  /** Whether the issue is open. */
  get isOpen(): boolean {
    return this.issue.state === "open";
  }

  /** All agents that the issue has or had. */
  get agents(): FakeTask[] {
    const url = new RegExp(`/${this.issue.repo.name}/issues/${this.issue.number}(?!\\d)`);
    return [...this.stage.coder.tasks(), ...this.stage.coder.deletedTasks()].filter(({ initialPrompt }) =>
      url.test(initialPrompt),
    );
  }

  async live(steps: number): Promise<void> {
    await this.#assign();
    for (let step = 0; step < steps; step++) {
      await sleep(this.random.between(0, 400));
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const { random } = this;
    if (!this.isOpen) return this.#reopen();
    if (!this.isWanted) return random.happens(0.8) ? this.#assign() : this.#close();
    const steps: [() => Promise<void>, ...(() => Promise<void>)[]] = [
      () => this.#comment(),
      () => this.#comment(),
      () => this.#comment(),
      () => this.#edit(),
      () => this.#delete(),
      () => this.#review(),
      () => this.#review(),
      () => this.#fail(),
      () => this.#push(),
      () => this.#unassign(),
      () => this.#close(),
    ];
    return random.one(steps)();
  }

  async #assign(): Promise<void> {
    this.#note("is assigned");
    const { gitHub, courier } = this.stage;
    courier.take(
      await gitHub.assign(this.issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false }),
    );
    this.isWanted = true;
    await this.#patience();
  }

  async #unassign(): Promise<void> {
    this.#note("is unassigned");
    const { gitHub, courier } = this.stage;
    this.#disturb();
    courier.take(
      await gitHub.unassign(this.issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false }),
    );
    this.isWanted = false;
  }

  async #close(): Promise<void> {
    this.#note("is closed");
    this.#disturb();
    this.stage.courier.take(await this.stage.gitHub.closeIssue(this.issue, { by: "mona", deliver: false }));
    this.isWanted = false;
  }

  async #reopen(): Promise<void> {
    this.#note("is reopened");
    this.stage.courier.take(await this.stage.gitHub.reopenIssue(this.issue, { by: "mona", deliver: false }));
    this.isWanted = this.issue.assignees.some(({ login }) => login === this.stage.gitHub.agentLogin);
    if (this.isWanted) await this.#patience();
  }

  async #comment(): Promise<void> {
    const word = this.#word("comment");
    const body = `Please look at ${word.marker}.`;
    const told = await this.stage.gitHub.comment(this.issue, { by: "mona", body, deliver: false });
    this.#comments.push({ comment: told.comment, word });
    this.stage.courier.take(told);
  }

  /** The text before it is quoted in the edit, so only the new one is counted. */
  async #edit(): Promise<void> {
    const edited = this.#comments.at(-1);
    if (!edited) return;
    this.#forget(edited.word);
    const word = this.#word("edit");
    edited.word = word;
    const body = `Rather look at ${word.marker}.`;
    this.stage.courier.take(
      await this.stage.gitHub.editComment(edited.comment, { by: "mona", body, deliver: false }),
    );
  }

  async #delete(): Promise<void> {
    const deleted = this.#comments.pop();
    if (!deleted) return;
    this.#note(`${deleted.word.marker} is deleted`);
    deleted.word.delivery = "may";
    this.stage.courier.take(
      await this.stage.gitHub.deleteComment(deleted.comment, { by: "mona", deliver: false }),
    );
  }

  async #review(): Promise<void> {
    const pull = await this.#openPull();
    const words = Array.from({ length: this.random.between(1, 3) }, () => this.#word("review"));
    const [first, ...rest] = words.map(({ marker }) => `Please change ${marker}.`);
    const told = await this.stage.gitHub.review(pull, {
      by: "mona",
      state: "changes_requested",
      body: first ?? "",
      comments: rest.map((body, line) => ({ path: "README.md", line: line + 1, body })),
      deliver: false,
    });
    this.stage.courier.take(...told);
  }

  async #fail(): Promise<void> {
    const pull = await this.#openPull();
    this.#replaceFailure();
    const word = this.#word("failure");
    this.#failure = word;
    const told = await this.stage.gitHub.completeRun({
      repo,
      workflow: "CI",
      branch: pull.headBranch,
      headSha: headSha(pull),
      conclusion: "failure",
      jobs: [{ name: "test", conclusion: "failure", log: `##[error]Error: ${word.marker}\n` }],
      deliver: false,
    });
    this.stage.courier.take(told);
  }

  async #push(): Promise<void> {
    const pull = await this.#openPull();
    this.#note("gets a commit");
    this.#replaceFailure();
    const { gitHub } = this.stage;
    this.stage.courier.take(await gitHub.pushToPull(pull, { by: gitHub.agentLogin, deliver: false }));
  }

  async #openPull(): Promise<Pull> {
    if (this.#pull) return this.#pull;
    this.#note("gets a pull request");
    const told = await this.stage.gitHub.openPull({
      repo,
      by: this.stage.gitHub.agentLogin,
      head: `fix/${this.issue.number}-it`,
      closes: [this.issue.number],
      deliver: false,
    });
    this.stage.courier.take(told);
    this.#pull = told.pull;
    return told.pull;
  }

  /** A newer failure, or a newer commit, replaces one that still waits. */
  #replaceFailure(): void {
    if (this.#failure) this.#failure.delivery = "may";
    this.#failure = undefined;
  }

  /** Whoever speaks now may be heard by no agent. */
  #disturb(): void {
    for (const word of this.words) word.delivery = "may";
    this.#comments = [];
    this.#failure = undefined;
  }

  #forget(word: Word): void {
    this.words.splice(this.words.indexOf(word), 1);
  }

  /** Most of the time, people speak once the agent runs. */
  async #patience(): Promise<void> {
    if (this.random.happens(0.2)) return;
    for (let waited = 0; waited < 100 && !this.#runs; waited++) await sleep(50);
  }

  get #runs(): boolean {
    const { gitHub } = this.stage;
    return gitHub
      .commentsOn(this.issue)
      .some(({ user, body }) => user.login === gitHub.botLogin && /is running|waits for you/.test(body));
  }

  #word(kind: string): Word {
    this.#count += 1;
    const marker = `${kind}-${this.issue.number}-${this.#count}-word`;
    const word: Word = { marker, delivery: this.#runs ? "must" : "may" };
    this.words.push(word);
    this.#note(`says ${marker} (${word.delivery})`);
    return word;
  }

  #note(what: string): void {
    this.stage.trace.note(`#${this.issue.number} ${what}`);
  }
}
