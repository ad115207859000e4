import { setTimeout as sleep } from "node:timers/promises";
import type { IssueComment } from "../../local/fake-github/issues/issue-comments.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { type Agent, agentsOf } from "./agents.js";
import { PullRequests } from "./pull-requests.js";
import type { Random } from "./random.js";
import { repo, type Stage } from "./stage.js";
import { type Word, Words } from "./words.js";

/** The random life of one issue and its pull requests, and the expected outcome. */
export class Life {
  readonly words: Words;
  isWanted = false;
  readonly #pulls: PullRequests;
  #comments: { comment: IssueComment; word: Word }[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly random: Random,
    readonly issue: Issue,
  ) {
    this.words = new Words(issue.number, stage.trace, () => this.#runs);
    this.#pulls = new PullRequests(stage, random, issue, this.words);
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

  get pulls(): PullRequests["shown"] {
    return this.#pulls.shown;
  }

  /**
   * Whether its task may have been paused, because a pull request was merged and the relay may not have heard of the next
   * one in time.
   */
  get mayRest(): boolean {
    return this.pulls.some(({ state }) => state === "merged");
  }

  /** All agents that the issue has or had. */
  get agents(): Agent[] {
    return agentsOf(this.stage.coder, this.issue);
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
      () => this.#pulls.review(),
      () => this.#pulls.review(),
      () => this.#pulls.fail(),
      () => this.#pulls.failElsewhere(),
      () => this.#pulls.conflict(),
      () => this.#pulls.push(),
      () => this.#pulls.close(),
      () => this.#merge(),
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

  async #merge(): Promise<void> {
    await this.#pulls.merge();
    if (this.isOpen) return;
    this.#note("is closed by the merge");
    this.#disturb();
    this.isWanted = false;
  }

  async #reopen(): Promise<void> {
    this.#note("is reopened");
    this.stage.courier.take(await this.stage.gitHub.reopenIssue(this.issue, { by: "mona", deliver: false }));
    this.isWanted = this.issue.assignees.some(({ login }) => login === this.stage.gitHub.agentLogin);
    if (this.isWanted) await this.#patience();
  }

  async #comment(): Promise<void> {
    const word = this.words.say("comment");
    const body = `Please look at ${word.marker}.`;
    const told = await this.stage.gitHub.comment(this.issue, { by: "mona", body, deliver: false });
    this.#comments.push({ comment: told.comment, word });
    this.stage.courier.take(told);
  }

  /** The message about an edit quotes the old text, so only the new text is counted. */
  async #edit(): Promise<void> {
    const edited = this.#comments.at(-1);
    if (!edited) return;
    this.words.forget(edited.word);
    const word = this.words.say("edit");
    edited.word = word;
    const body = `Rather look at ${word.marker}.`;
    this.stage.courier.take(
      await this.stage.gitHub.editComment(edited.comment, { by: "mona", body, deliver: false }),
    );
  }

  async #delete(): Promise<void> {
    const deleted = this.#comments.pop();
    if (!deleted) return;
    this.#note(`deletes ${deleted.word.pattern.source}`);
    deleted.word.delivery = "may";
    this.stage.courier.take(
      await this.stage.gitHub.deleteComment(deleted.comment, { by: "mona", deliver: false }),
    );
  }

  /** From now on, nothing said so far has to reach an agent. */
  #disturb(): void {
    this.words.disturb();
    this.#comments = [];
  }

  /** Most of the time, people wait until the agent runs before they speak. */
  async #patience(): Promise<void> {
    if (this.random.happens(0.2)) return;
    for (let waited = 0; waited < 100 && !this.#runs; waited++) await sleep(50);
  }

  get #runs(): boolean {
    const { gitHub } = this.stage;
    return gitHub
      .commentsOn(this.issue)
      .some(
        ({ user, body }) =>
          user.login === gitHub.botLogin && /is running|waits for you|was merged, and/.test(body),
      );
  }

  #note(what: string): void {
    this.stage.trace.note(`#${this.issue.number} ${what}`);
  }
}
