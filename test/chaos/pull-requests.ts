import type { Issue } from "../../local/fake-github/issues/issues.js";
import { headSha, type Pull } from "../../local/fake-github/pulls/pull.js";
import type { Random } from "./random.js";
import { repo, type Stage } from "./stage.js";
import type { Word, Words } from "./words.js";

/**
 * The agent's pull requests for an issue. One is opened when it is first needed, and another one after that one was merged.
 */
export class PullRequests {
  readonly #all: Pull[] = [];
  /** The newest failure that CI has reported for the newest commit, by workflow or check. */
  readonly #failures = new Map<string, Word>();

  constructor(
    private readonly stage: Stage,
    private readonly random: Random,
    private readonly issue: Issue,
    private readonly words: Words,
  ) {}

  async review(): Promise<void> {
    const pull = await this.#open();
    const words = Array.from({ length: this.random.between(1, 3) }, () => this.words.say("review"));
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

  /** Lets a workflow run fail. */
  async fail(): Promise<void> {
    const pull = await this.#open();
    const { marker } = this.#replace("CI", this.words.say("failure"));
    const told = await this.stage.gitHub.completeRun({
      repo,
      workflow: "CI",
      branch: pull.headBranch,
      headSha: headSha(pull),
      conclusion: "failure",
      jobs: [{ name: "test", conclusion: "failure", log: `##[error]Error: ${marker}\n` }],
      deliver: false,
    });
    this.stage.courier.take(told);
  }

  /** Lets other CI report a failure, by a check run or a status. */
  async failElsewhere(): Promise<void> {
    const { gitHub, courier } = this.stage;
    const pull = await this.#open();
    const isCheck = this.random.happens(0.5);
    const name = isCheck ? "build" : "ci/deploy";
    const { marker } = this.#replace(name, this.words.say("check"));
    const [on, sha] = [{ repo, by: "mona", deliver: false }, headSha(pull)];
    courier.take(
      isCheck
        ? await gitHub.reportCheck({ ...on, name, headSha: sha, conclusion: "failure", title: marker })
        : await gitHub.setStatus({ ...on, context: name, sha, state: "failure", description: marker }),
    );
  }

  /** Pushes a commit to the base branch that conflicts with the pull request. */
  async conflict(): Promise<void> {
    const { gitHub, courier } = this.stage;
    const pull = await this.#open();
    pull.hasConflict = true;
    this.#noteConflict(pull);
    const files = { "CHANGELOG.md": `${this.random.next()}` };
    courier.take(await gitHub.push({ repo, by: "mona", files, deliver: false }));
  }

  /** Lets the agent push a commit, which may or may not resolve a conflict. */
  async push(): Promise<void> {
    const { gitHub, courier, trace } = this.stage;
    const pull = await this.#open();
    trace.note(`#${this.issue.number} gets a commit`);
    for (const word of this.#failures.values()) word.delivery = "may";
    this.#failures.clear();
    if (this.random.happens(0.5)) pull.hasConflict = false;
    const pushing = gitHub.pushToPull(pull, { by: gitHub.agentLogin, deliver: false });
    if (pull.hasConflict) this.#noteConflict(pull);
    courier.take(await pushing);
  }

  /** Closes it without merging. The next step that needs it reopens it. */
  async close(): Promise<void> {
    const { gitHub, courier } = this.stage;
    const pull = await this.#open();
    this.#end();
    this.#noteDeed(pull, "was closed without merging");
    courier.take(...(await gitHub.closePull(pull, { by: "mona", deliver: false })));
  }

  /** Merges it, which closes the issue if its text says so. The next step that needs one opens another. */
  async merge(): Promise<void> {
    const { gitHub, courier, trace } = this.stage;
    const pull = await this.#open();
    this.#end();
    pull.hasConflict = false;
    trace.note(`#${this.issue.number} has its pull request #${pull.number} merged`);
    const closing = gitHub.closePull(pull, { by: "mona", merged: true, deliver: false });
    courier.take(...(await closing));
    const files = { "CHANGELOG.md": `${this.random.next()}` };
    courier.take(await gitHub.push({ repo, by: "mona", files, deliver: false }));
  }

  /** Their states, the newest last. */
  get shown(): { number: number; state: string }[] {
    return this.#all.map(({ number, issue, mergedAt }) => ({
      number,
      state: mergedAt === null ? issue.state : "merged",
    }));
  }

  /** By the time the relay looks at a failure, its pull request may be closed. */
  #end(): void {
    for (const word of this.#failures.values()) word.delivery = "may";
    this.#failures.clear();
  }

  /** The agent may not get this, because the state may have changed again before the relay hears of it. */
  #noteDeed({ number }: Pull, deed: string): void {
    const pattern = new RegExp(`#${number} ${deed} by mona\\nTime: \\S+`);
    this.words.note(`that #${number} ${deed}`, pattern).delivery = "may";
  }

  /** A conflict is reported for each commit of the base, so each matching pair of lines counts once. */
  #noteConflict(pull: Pull): void {
    const head = headSha(pull);
    const pattern = new RegExp(`at commit ${head}\\nBase: main at commit [0-9a-f]+`);
    this.#replace("conflict", this.words.note(`that ${head} has a conflict`, pattern));
  }

  /** A newer failure replaces one of the same name that is still waiting. */
  #replace<Told extends Word>(name: string, word: Told): Told {
    const replaced = this.#failures.get(name);
    if (replaced) replaced.delivery = "may";
    this.#failures.set(name, word);
    return word;
  }

  async #open(): Promise<Pull> {
    const { gitHub, courier, trace } = this.stage;
    const newest = this.#all.at(-1);
    if (newest?.mergedAt === null) {
      if (newest.issue.state === "closed") {
        this.#noteDeed(newest, "was reopened");
        courier.take(await gitHub.reopenPull(newest, { by: "mona", deliver: false }));
      }
      return newest;
    }
    trace.note(`#${this.issue.number} gets a pull request`);
    const { number } = this.issue;
    const told = await gitHub.openPull({
      repo,
      by: gitHub.agentLogin,
      head: `fix/${number}-it-${this.#all.length + 1}`,
      ...(this.random.happens(0.5) ? { closes: [number] } : { body: `Part of #${number}.` }),
      deliver: false,
    });
    courier.take(told);
    this.#all.push(told.pull);
    return told.pull;
  }
}
