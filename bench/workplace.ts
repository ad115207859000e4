import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../infra/bundling/bundle.js";
import type { FlowName } from "../infra/definition/action-spec.js";
import type { ActionName } from "../infra/definition/actions.js";
import type { ExecutionDescription } from "../local/engine/index.js";
import type { FakeCoder } from "../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../local/fake-coder/tasks/fake-task.js";
import type { FakeGitHub } from "../local/fake-github/fake-github.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import type { RecordedCall } from "../local/http/http-server.js";
import { flowArn, type LocalSystem, type SystemOptions, startSystem } from "../local/system/system.js";
import type { PreparedDelivery } from "./sender.js";
import { until } from "./until.js";

const repo = "octo/app";
const drainMs = 120_000;

/** How long distant services take to answer, in milliseconds. */
export const farMs = 100;

/** The body of the benches' issues. Real issues are longer than the one-line bodies of GitHub's examples. */
const issueBody = "The build fails on a clean checkout once the cache is cold.\n".repeat(30);

/** Adds a repository, its maintainer, mona, and the Coder user and template of her tasks. */
export function furnish(gitHub: FakeGitHub, coder: FakeCoder): void {
  const { id } = gitHub.addUser({ login: "mona" });
  gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
  coder.addUser({ username: "mona-c", githubId: id });
  coder.addTemplate({ name: "task-template", presets: [{ name: "Standard", default: true }] });
}

/** The delivery that GitHub would send when mona assigns a new issue that has comments of hers. */
export async function assigned(
  gitHub: FakeGitHub,
  assignee = gitHub.agentLogin,
  comments = 0,
): Promise<PreparedDelivery & { issue: Issue }> {
  const opened = { repo, by: "mona", title: "The build fails", body: issueBody, deliver: false };
  const { issue } = await gitHub.openIssue(opened);
  for (let i = 0; i < comments; i++) await commented(gitHub, issue, `The build fails still, in try ${i}.`);
  const { event, raw } = await gitHub.assign(issue, { by: "mona", assignee, deliver: false });
  return { issue, event, guid: randomUUID(), body: raw, secret: gitHub.webhookSecret };
}

/** The delivery that GitHub would send when mona comments on an issue. */
async function commented(gitHub: FakeGitHub, issue: Issue, body: string): Promise<PreparedDelivery> {
  const { event, raw } = await gitHub.comment(issue, { by: "mona", body, deliver: false });
  return { event, guid: randomUUID(), body: raw, secret: gitHub.webhookSecret };
}

/** The requests that GitHub got for creating a comment on the issue. */
export function commentsOn({ http }: FakeGitHub, { repo, number }: Issue): RecordedCall[] {
  const path = `/repos/${repo.owner.login}/${repo.name}/issues/${number}/comments`;
  return http.calls.filter((call) => call.method === "POST" && call.path === path);
}

/** The local system with both fakes, and a repository whose maintainer has a Coder user and assigns issues. */
export class Workplace {
  readonly gitHub: FakeGitHub;
  readonly coder: FakeCoder;

  private constructor(readonly system: LocalSystem) {
    if (!system.gitHub || !system.coder) throw new Error("the benches need both fakes");
    this.gitHub = system.gitHub;
    this.coder = system.coder;
  }

  static async open(
    bundles: readonly Pick<Bundle, "name" | "file">[],
    options: Pick<SystemOptions, "onLog"> = {},
  ): Promise<Workplace> {
    const files = Object.fromEntries(bundles.map(({ name, file }) => [name, file]));
    const system = await startSystem({
      bundles: files as Record<ActionName, string>,
      settings: {},
      ...options,
    });
    const workplace = new Workplace(system);
    const { gitHub, coder } = workplace;
    // A bench sends GitHub in minutes as many requests as an installation sends in many hours.
    gitHub.quotas.limit = 1e9;
    furnish(gitHub, coder);
    return workplace;
  }

  get webhookUrl(): URL {
    return new URL(this.system.webhookUrl);
  }

  assigned(assignee?: string, comments?: number): Promise<PreparedDelivery & { issue: Issue }> {
    return assigned(this.gitHub, assignee, comments);
  }

  commented(issue: Issue, body: string): Promise<PreparedDelivery> {
    return commented(this.gitHub, issue, body);
  }

  /** Waits until the agent is idle, and then makes it idle for a minute already, by Coder's clock. */
  async rested(task: FakeTask): Promise<void> {
    await until("the agent is idle", () => {
      const { report } = task.agent;
      if (task.status !== "active" || report?.state !== "idle") return false;
      report.at = new Date(Date.now() - 60_000).toISOString();
      return true;
    });
  }

  /** An issue whose agent is running and idle. */
  async runningTask(): Promise<{ issue: Issue; task: FakeTask }> {
    const { issue } = await this.gitHub.openIssue({
      repo,
      by: "mona",
      title: "The build fails",
      body: issueBody,
    });
    await this.gitHub.assign(issue, { by: "mona", assignee: this.gitHub.agentLogin });
    await this.drained();
    const task = this.coder.task(`gh-app-${issue.number}`);
    if (!task) throw new Error("no task was created");
    return { issue, task };
  }

  executionsOf(flow: FlowName, status?: ExecutionDescription["status"]): ExecutionDescription[] {
    return this.system.engine.list({ stateMachineArn: flowArn(flow), ...(status && { status }) });
  }

  /** Waits until no execution runs. Throws if one has not succeeded, because the figures would mean nothing. */
  async drained(): Promise<ExecutionDescription[]> {
    const all = await this.allEnded();
    const failed = all.find(({ status }) => status !== "SUCCEEDED");
    if (failed) throw new Error(`${failed.name} ended as ${failed.status}: ${failed.error} ${failed.cause}`);
    return all;
  }

  /** Waits until no execution runs. */
  async allEnded(): Promise<ExecutionDescription[]> {
    const { engine } = this.system;
    for (const end = Date.now() + drainMs; engine.list({ status: "RUNNING" }).length > 0; await sleep(100)) {
      if (Date.now() > end) throw new Error(`executions still run after ${drainMs} ms`);
    }
    await this.gitHub.settled();
    return engine.list();
  }

  close(): Promise<void> {
    return this.system.close();
  }
}
