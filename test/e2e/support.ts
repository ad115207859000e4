import { setTimeout as sleep } from "node:timers/promises";
import type { FlowName } from "../../infra/definition/action-spec.js";
import type { ExecutionDescription } from "../../local/engine/index.js";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { NewPull, Pull } from "../../local/fake-github/pulls/pull.js";
import type { MetricValue } from "../../local/lambda-host/metrics.js";
import type { LocalSystem, SystemOptions } from "../../local/system/system.js";
import { bundles } from "../bundles.js";
import { flowArn, startSystem } from "../local-system.js";
import { expectGoodLogs } from "./log-lines.js";
import { noteTaken } from "./taken.js";

/** How long a test waits for a condition before it gives up: far longer than a slow machine needs. */
const patienceMs = 120_000;

/** Waits until `look` returns something else than `undefined` or `false`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await sleep(3);
  }
}

/** A system with both fakes, one repository `octo/app`, its maintainer `mona`, and her Coder user. */
export class World {
  readonly gitHub: FakeGitHub;
  readonly coder: FakeCoder;
  /** Every line that a Lambda logged. */
  readonly logs: string[];
  /** Every value that a Lambda measured. */
  readonly metrics: MetricValue[];

  private constructor(
    readonly system: LocalSystem,
    logs: string[],
    metrics: MetricValue[],
  ) {
    if (!system.gitHub || !system.coder) throw new Error("the tests need both fakes");
    this.gitHub = system.gitHub;
    this.coder = system.coder;
    this.logs = logs;
    this.metrics = metrics;
  }

  /** `isPrivate`: whether the repository is private, so that its status comments may hold internal details. */
  static async start({
    isPrivate = false,
    ...options
  }: Partial<SystemOptions> & { isPrivate?: boolean } = {}): Promise<World> {
    const logs: string[] = [];
    const metrics: MetricValue[] = [];
    const system = await startSystem({
      bundles,
      settings: {},
      timeScale: 0.002,
      keepThreads: true,
      onLog: ({ line }) => logs.push(line),
      onMetric: (metric) => metrics.push(metric),
      ...options,
    });
    const world = new World(system, logs, metrics);
    const mona = world.gitHub.addUser({ login: "mona" });
    world.gitHub.addUser({ login: "tim" });
    world.gitHub.addRepository({
      owner: "octo",
      name: "app",
      private: isPrivate,
      permissions: { mona: "write", tim: "triage" },
    });
    world.coder.addUser({ username: "mona-c", githubId: mona.id });
    world.coder.addTemplate({ name: "task-template" });
    return world;
  }

  async close(): Promise<void> {
    await noteTaken(this.system.engine, this.gitHub);
    await this.system.close();
    expectGoodLogs(this.logs, this.gitHub, this.coder);
  }

  /** A new issue of `octo/app`. */
  async openIssue(title = "It is broken", repo = "octo/app"): Promise<Issue> {
    const { issue } = await this.gitHub.openIssue({ repo, by: "mona", title });
    return issue;
  }

  assign(issue: Issue, by = "mona") {
    return this.gitHub.assign(issue, { by, assignee: this.gitHub.agentLogin });
  }

  unassign(issue: Issue, by = "mona") {
    return this.gitHub.unassign(issue, { by, assignee: this.gitHub.agentLogin });
  }

  /** The agents of all tasks, on either of Coder's APIs. */
  agents(): (FakeTask | FakeChat)[] {
    return [...this.coder.tasks(), ...this.coder.chats()];
  }

  /** All agents that were given the issue as their input. Other tests of the file may have left other agents. */
  agentsFor({ repo, number }: Issue): (FakeTask | FakeChat)[] {
    const url = new RegExp(`/${repo.name}/issues/${number}(?!\\d)`);
    return this.agents().filter((agent) => url.test("prompt" in agent ? agent.prompt : agent.initialPrompt));
  }

  /** The agent of an issue of `octo/app`. */
  agent({ number }: Issue): FakeTask | FakeChat | undefined {
    return this.coder.task(`gh-app-${number}`) ?? this.coder.chat(`octo/app#${number}`);
  }

  /** The same, but throws if there is none. */
  agentOf(issue: Issue): FakeTask | FakeChat {
    const agent = this.agent(issue);
    if (!agent) throw new Error(`there is no agent of #${issue.number}`);
    return agent;
  }

  /** A new issue with a running agent. */
  async runningIssue(title?: string): Promise<Issue> {
    const issue = await this.openIssue(title);
    await this.assign(issue);
    await this.untilRunning(issue);
    return issue;
  }

  /** Lets the agent open a pull request of `octo/app` that closes the issue. */
  async openPull(issue: Issue, more: Partial<NewPull> = {}): Promise<Pull> {
    const { pull } = await this.gitHub.openPull({
      repo: "octo/app",
      by: this.gitHub.agentLogin,
      head: `fix-${issue.number}`,
      title: "Fix it",
      closes: [issue.number],
      ...more,
    });
    return pull;
  }

  /** The App's comments under the issue. */
  statusComments(issue: Issue): string[] {
    return this.gitHub
      .commentsOn(issue)
      .filter(({ user }) => user.login === this.gitHub.botLogin)
      .map(({ body }) => body);
  }

  /** Waits until the issue's one status comment holds the text, and returns it. */
  untilStatus(issue: Issue, text: string): Promise<string> {
    return until(`the status comment says "${text}"; it says: ${this.statusComments(issue)}`, () =>
      this.statusComments(issue).find((body) => body.includes(text)),
    );
  }

  /** The App's comments on an issue or a pull request that mention a person. */
  mentions(page: { repo: Issue["repo"]; number: number }): string[] {
    const own = this.gitHub.commentsOn(page).filter(({ user }) => user.login === this.gitHub.botLogin);
    return own.map(({ body }) => body).filter((body) => body.startsWith("<!-- coder-task-relay:told "));
  }

  /** Runs `attend`, as EventBridge Scheduler does every minute. */
  attend(): Promise<unknown> {
    return this.system.invoke("attend", { settledSeconds: 0 });
  }

  /** Waits until the issue's agent runs. If Coder reports the end of its first turn, the comment may already say so. */
  untilRunning(issue: Issue): Promise<string> {
    return until(`the agent runs; the status comment says: ${this.statusComments(issue)}`, () =>
      this.statusComments(issue).find((body) => /is running|waits for you/.test(body)),
    );
  }

  executions(flow: FlowName): ExecutionDescription[] {
    return this.system.engine.list({ stateMachineArn: flowArn(flow) });
  }

  /** Waits until no execution runs, and returns those that served the issue, the newest first. */
  async runsOf({ repo, number }: Issue): Promise<ExecutionDescription[]> {
    return (await this.idle()).filter(({ name }) => name.includes(`-${repo.name}-${number}-`));
  }

  /** Waits until no execution runs, and returns the statuses of those that served the issue, the newest first. */
  async endsOf(issue: Issue): Promise<string[]> {
    return (await this.runsOf(issue)).map(({ status, cause }) => cause ?? status);
  }

  /** Removes an agent in Coder without telling anybody, as its owner may do. */
  async lose(agent: FakeTask | FakeChat): Promise<void> {
    if ("purge" in agent) return agent.purge();
    const headers = { "Coder-Session-Token": this.coder.token };
    await fetch(`${this.coder.url}/api/v2/tasks/${agent.owner}/${agent.id}`, { method: "DELETE", headers });
  }

  /** How many runs of a flow, finished or not, have entered a state. */
  haveEntered(flow: FlowName, state: string): number {
    return this.executions(flow).filter(({ executionArn }) =>
      this.system.engine
        .history(executionArn)
        .some(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === state),
    ).length;
  }

  /**
   * Waits until no execution runs except the followers, which continue for some time after a turn. Returns all others, the
   * newest first.
   */
  async idle(): Promise<ExecutionDescription[]> {
    await this.gitHub.settled();
    const { engine } = this.system;
    const others = (runs: ExecutionDescription[]) =>
      runs.filter(({ stateMachineArn }) => stateMachineArn !== flowArn("follow-task"));
    await until("no execution runs", () => others(engine.list({ status: "RUNNING" })).length === 0);
    return others(engine.list());
  }
}
