import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { HistoryEvent, Journal, StoredExecution } from "../../local/engine/index.js";
import { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import { FakeGitHub } from "../../local/fake-github/fake-github.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { openState } from "../../local/state/state.js";
import { settingsOf } from "../settings-of.js";
import { allWell } from "./repo-work.js";
import { until, World } from "./support.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relay-restart-"));
});
afterAll(() => rm(folder, { recursive: true }));

const said = ["Please keep the old parser.", "The build is red: no."] as const;

describe("a crash at every transition of a life", () => {
  /** Keeps executions in memory, and crashes once at each step of each attempt. */
  class CrashingJournal implements Journal {
    crash = () => {};
    crashes = 0;
    readonly #executions = new Map<string, StoredExecution>();
    readonly #events = new Map<string, HistoryEvent[]>();
    readonly #crashed = new Set<string>();

    load = async () => this.all();
    all = () => [...this.#executions.values()];
    stored = () => Promise.resolve();
    events = (arn: string) => [...(this.#events.get(arn) ?? [])];
    forget = () => {};

    note(execution: StoredExecution): void {
      this.#executions.set(execution.arn, execution);
    }

    add(arn: string, event: HistoryEvent): void {
      const events = this.events(arn);
      const attempt = events.filter(({ type }) => /Entered$|TaskFailed/.test(type)).length;
      const step = `${arn} ${attempt} ${event.type}`;
      const isNew = /Entered$|^Task/.test(event.type) && !this.#crashed.has(step);
      this.#crashed.add(step);
      // The Task has had its effect, or has failed, but nobody has recorded it.
      const isLost = isNew && /TaskSucceeded|TaskFailed/.test(event.type);
      if (!isLost) this.#events.set(arn, [...events, event]);
      if (!isNew) return;
      this.crashes += 1;
      this.crash();
    }
  }

  test("changes neither its outcome nor what anybody is told", async () => {
    const journal = new CrashingJournal();
    const state = await openState(join(folder, "crashes"), (error) => {
      throw error;
    });
    const executions = Object.assign(state.executions, journal, {
      note: journal.note.bind(journal),
      add: journal.add.bind(journal),
    });
    const world = await World.start({ state: { ...state, executions } });
    journal.crash = () => world.system.engine.recover(journal.all());
    try {
      const issue = await world.openIssue();
      await world.assign(issue);
      await world.untilRunning(issue);
      const agent = world.agentOf(issue);
      await world.gitHub.comment(issue, { by: "mona", body: said[0] });
      await until("the agent has the comment", () => agent.inputs.length === 1);
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await world.untilStatus(issue, "Completed");
      await allWell(world);
      expect(agent.inputs).toEqual([expect.objectContaining({ text: expect.stringContaining(said[0]) })]);
      expect(world.agentsFor(issue)).toEqual([]);
      expect(world.statusComments(issue)).toHaveLength(1);
      expect(journal.crashes).toBeGreaterThan(60);
    } finally {
      await world.close();
    }
  });
});

describe("npm start with a state folder", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const gitHub = new FakeGitHub();
  const coder = new FakeCoder();
  let child: ChildProcess;

  /** Starts the relay as for real services. They happen to be fakes. */
  async function start(): Promise<void> {
    const { PATH = "", HOME = "" } = process.env;
    child = spawn(process.execPath, ["local/run.mjs", "start"], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH,
        HOME,
        PORT: "0",
        LOCAL_TIME_SCALE: "0.01",
        LOCAL_STATE_DIR: join(folder, "relay"),
        ...settingsOf(gitHub, coder),
      },
    });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    gitHub.webhookUrl = await until("it listens", () => /POST (http\S+)/.exec(output)?.[1]);
  }

  async function killAndStart(): Promise<void> {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
    await start();
  }

  beforeAll(async () => {
    await Promise.all([gitHub.listen(), coder.listen()]);
    const mona = gitHub.addUser({ login: "mona" });
    gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
    coder.addUser({ username: "mona-c", githubId: mona.id });
    coder.addTemplate({ name: "task-template" });
    await start();
  });
  afterAll(async () => {
    child.kill("SIGKILL");
    await Promise.all([gitHub.close(), coder.close()]);
  });

  const statusOf = (issue: Issue) =>
    gitHub.commentsOn(issue).filter(({ user }) => user.login === gitHub.botLogin);

  test("survives a SIGKILL after each delivery, and a life ends as if none had happened", async () => {
    const { issue } = await gitHub.openIssue({ repo: "octo/app", by: "mona", title: "It is broken" });
    const assigned = await gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin });
    expect(assigned.status).toBe(202);
    await killAndStart();
    expect((await gitHub.redeliver(assigned.guid)).body).toContain("duplicate");
    const agent = await until("the agent exists", () => coder.tasks()[0]);
    const comment = await gitHub.comment(issue, { by: "mona", body: said[1] });
    expect(comment.status).toBe(202);
    await killAndStart();
    await until("the agent has the comment", () => agent.inputs.length === 1);
    expect((await gitHub.closeIssue(issue, { by: "mona" })).status).toBe(202);
    await killAndStart();
    await until("the task is gone", () => coder.tasks().length === 0);
    await until("the status says so", () => statusOf(issue).some(({ body }) => body.includes("Completed")));
    expect(agent.inputs).toEqual([expect.objectContaining({ text: expect.stringContaining(said[1]) })]);
    expect(statusOf(issue)).toHaveLength(1);
  });

  test("is refused while another process uses the folder", async () => {
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, PORT: "0", LOCAL_STATE_DIR: join(folder, "relay") };
    const second = spawn(process.execPath, ["local/run.mjs", "start"], { cwd: root, env });
    let output = "";
    for (const stream of [second.stdout, second.stderr]) stream.on("data", (chunk) => (output += chunk));
    expect(await once(second, "exit")).toEqual([1, null]);
    expect(output).toContain("another process uses this folder; stop it, or name another folder");
    expect(output).not.toContain("    at ");
  });
});
