import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import { allWell, fire, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

const job = (name: string, more = "") => `
[[scheduled_jobs]]
name = "${name}"
branch = "develop"
schedule = "0 3 * * *"
prompt = "Update the dependencies of ${name}."
${more}
`;

let clock = Date.parse("2026-01-01T03:00:00Z");
/** The next scheduled time. */
const nextTime = () => {
  clock += 86_400_000;
  return new Date(clock).toISOString().replace(".000", "");
};

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("a scheduled job, on %s", (api, version) => {
  let world: World;
  let name = "";
  let jobs = 0;
  beforeAll(async () => {
    const settings = { CODER_SERVICE_USER: "factory", JOB_OWNERS: "mona,zoe", MAX_CI_ROUNDS: "2" };
    world = await World.start({ coder: { version }, settings });
    world.coder.addTemplate({ name: "code-factory" });
    world.coder.addUser({ username: "factory" });
    const zoe = world.gitHub.addUser({ login: "zoe" });
    world.coder.addUser({ username: "zoe-c", githubId: zoe.id });
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    jobs += 1;
    name = `nightly-${jobs}`;
    await writeConfig(world, job(name));
  });

  const promptOf = (agent: FakeTask | FakeChat): string =>
    "initialPrompt" in agent ? agent.initialPrompt : agent.prompt;
  const agents = () => world.agents().filter((agent) => promptOf(agent).includes(`JOB_NAME: ${name}`));
  const agent = () => {
    const [only, ...others] = agents();
    if (!only || others.length > 0) throw new Error(`there are ${agents().length} agents of ${name}`);
    return only;
  };
  const workspace = () => world.coder.workspaces().find((one) => one.name === `gh-app-${name}`);
  const issues = () => world.gitHub.issuesOf("octo/app").filter(({ title }) => title.includes(name));

  async function ran(at = nextTime()) {
    fire(world, name, at);
    await until("there is an agent", () => agents().length === 1);
    await allWell(world);
    return agent();
  }

  test("gets a task that the service user owns, with the job's name and branch, and no issue", async () => {
    const { id, owner } = await ran();
    expect(owner).toBe("factory");
    expect(workspace()).toBeDefined();
    const prompt = promptOf(agent());
    expect(prompt).toContain(`Update the dependencies of ${name}.`);
    expect(prompt).toContain("BRANCH: develop");
    if (api === "Tasks") expect(JSON.parse(prompt)).toMatchObject({ base_branch: "develop" });
    expect(id).toBeTruthy();
    expect(issues()).toEqual([]);
  });

  test("starts when a push has created its schedule, and no longer after a push has removed it", async () => {
    const push = (text: string) =>
      world.gitHub.push({ repo: "octo/app", by: "mona", files: { ".code-factory/config.toml": text } });
    await push(job(name).replace("0 3 * * *", "*/30 * * * *"));
    await until("there is an agent", () => agents().length === 1);
    expect(workspace()).toBeDefined();
    await push("");
    await until("there is no schedule", () => world.system.scheduler.list().length === 0);
    await allWell(world);
  });

  test("that Scheduler starts twice for one time runs once", async () => {
    const at = nextTime();
    fire(world, name, at);
    fire(world, name, at);
    const { id } = await ran(at);
    fire(world, name, at);
    await allWell(world);
    expect(agent().id).toBe(id);
    expect(agent().inputs).toEqual([]);
  });

  test("that is due while its last run still works is sent to that run's agent", async () => {
    const { id } = await ran();
    agent().holdBusy();
    await writeConfig(world, job(name).replace("Update", "Renew"));
    const at = nextTime();
    fire(world, name, at);
    await until("it is in the inbox", () =>
      world
        .executions("drain-inbox")
        .some(({ status, input }) => status === "RUNNING" || input.includes(name)),
    );
    agent().release();
    await until("the agent gets the message", () =>
      agent().inputs.some(({ text }) => text.includes("Renew the dependencies")),
    );
    await allWell(world);
    // Scheduler may start it twice.
    fire(world, name, at);
    await allWell(world);
    expect(agent().id).toBe(id);
    expect(agent().inputs).toHaveLength(1);
  });

  test("that Scheduler starts twice for one time opens one tracking issue if it cannot run", async () => {
    await writeConfig(world, "scheduled_jobs = 7\n");
    const hasWaited = () =>
      world
        .executions("create-task")
        .filter(({ input }) => input.includes(name))
        .some(({ executionArn }) =>
          world.system.engine
            .history(executionArn)
            .some(({ taskFailedEventDetails }) =>
              taskFailedEventDetails?.cause?.includes("Another run is creating the status comment"),
            ),
        );
    world.gitHub.http.fail({
      method: "POST",
      path: /\/issues$/,
      hold: () => until("the other run has reached this state", () => issues().length > 0 || hasWaited()),
    });
    const at = nextTime();
    fire(world, name, at);
    fire(world, name, at);
    await allWell(world);
    expect(issues()).toHaveLength(1);
  });

  test("whose last run is over gets a new task", async () => {
    const { id } = await ran();
    await until("it rests", () => /waiting|active/.test(agent().status));
    await until("it is idle", () => workspace() !== undefined);
    fire(world, name, nextTime());
    await until("there is a new agent", () => agents().some((one) => one.id !== id));
    await allWell(world);
    expect(agent().id).not.toBe(id);
  });

  // A chat always reports whether it works.
  if (api === "Tasks") {
    test("whose agent reports no state gets a new task only a long time after its last message", async () => {
      const at = nextTime();
      const first = await ran(at);
      if (!("setAgentState" in first)) throw new Error("no task");
      first.setAgentState(null);
      const soon = new Date(Date.parse(at) + 600_000).toISOString().replace(".000", "");
      fire(world, name, soon);
      await until("the agent gets the message", () => first.inputs.length === 1);
      await allWell(world);
      expect(agent().id).toBe(first.id);
      fire(world, name, nextTime());
      await until("there is a new agent", () => agents().some((one) => one.id !== first.id));
      await allWell(world);
      expect(agent().id).not.toBe(first.id);
    });
  }

  /** Opens a pull request by the job's agent, on which workflows can fail. */
  async function openPull(head: string) {
    const [url = ""] = /(?<=JOB_URL: )[^\s\\"]+/.exec(promptOf(agent())) ?? [];
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head,
      title: "Update",
      body: `For ${url}`,
    });
    const fails = (workflow: string) =>
      world.gitHub.completeRun({
        repo: "octo/app",
        by: "mona",
        workflow,
        branch: head,
        headSha: pull.shas.at(-1) ?? "",
        conclusion: "failure",
        jobs: [{ name: "test", conclusion: "failure", log: "##[error]it broke\n" }],
      });
    return { pull, fails };
  }

  test("whose pull request fails too often opens an issue that stays open until somebody comments", async () => {
    await ran();
    const told = () => agent().inputs.length;
    const { pull, fails } = await openPull(`updates-${name}`);
    for (const [index, workflow] of ["one", "two"].entries()) {
      await fails(workflow);
      await until("the agent gets the message", () => told() === index + 1);
      await allWell(world);
    }
    expect(issues()).toEqual([]);
    await fails("three");
    await until("a tracking issue is open", () => issues().length === 1);
    await allWell(world);
    expect(issues()[0]).toMatchObject({
      state: "open",
      body: expect.stringContaining("2 messages about failed CI runs in a row have not helped"),
    });
    expect(told()).toBe(2);

    await world.gitHub.comment(pull.issue, { by: "mona", body: "Use the other version." });
    await until("the agent gets the message", () => told() === 3);
    await until("the tracking issue is closed", () => issues()[0]?.state === "closed");
    await allWell(world);
    await fails("four");
    await until("the agent gets the message", () => told() === 4);
    await allWell(world);
  });

  test("sends failures to its next agent, even if the last agent got too many", async () => {
    await ran();
    const first = await openPull(`first-${name}`);
    for (const [index, workflow] of ["one", "two"].entries()) {
      await first.fails(workflow);
      await until("the agent gets the message", () => agent().inputs.length === index + 1);
      await allWell(world);
    }
    await world.lose(agent());
    await ran();
    const second = await openPull(`second-${name}`);
    await second.fails("one");
    await until("the next agent gets the message", () => agent().inputs.length === 1 || issues().length > 0);
    await allWell(world);
    expect([agent().inputs.length, issues()]).toEqual([1, []]);
  });

  test("whose last pull request is merged has its agent paused, and opens no issue", async () => {
    await ran();
    const { pull } = await openPull(`merged-${name}`);
    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    await allWell(world);
    expect(world.logs.some((line) => line.includes("Paused after its last pull request was merged"))).toBe(
      true,
    );
    if (api === "Tasks") expect(agent().status).toMatch(/paused|unknown/);
    expect(issues()).toEqual([]);
  });

  test("belongs to its owner, whom the operator has allowed and who has write permission", async () => {
    await writeConfig(world, job(name, 'owner = "mona"'));
    const { owner } = await ran();
    // Coder accepts messages to a chat only from its owner, so here all chats belong to the bot.
    expect(owner).toBe(api === "Tasks" ? "mona-c" : "relay-bot");
  });

  test("that is no longer in the file does nothing", async () => {
    await writeConfig(world, "");
    fire(world, name, nextTime());
    await allWell(world);
    expect(agents()).toEqual([]);
    expect(issues()).toEqual([]);
  });

  test("whose agent's turn ends in an error also opens an issue", async () => {
    const ended = await ran();
    if ("setAgentState" in ended) ended.setAgentState("failed", { message: "no key" });
    else ended.failTurn({ kind: "missing_key", message: "no key" });
    await until("there is an issue", () => issues().length === 1);
    await allWell(world);
    // The agent's text is public; Coder's error text is not.
    const why = api === "Tasks" ? /failed.*no key/i : /failed\. The task's page in Coder says why/;
    expect(issues()[0]?.body).toMatch(why);
  });

  test("that fails opens one issue, which is updated, and closed when the job runs", async () => {
    await writeConfig(world, job(name, 'owner = "zoe"'));
    fire(world, name, nextTime());
    await until("there is an issue", () => issues().length === 1);
    await allWell(world);
    const [issue] = issues();
    expect(issue).toMatchObject({ state: "open", title: `Scheduled job "${name}" has failed` });
    expect(issue?.body).toMatch(/not a GitHub user with write permission/);

    await writeConfig(world, `harness.provider = "hal"\n${job(name)}`);
    fire(world, name, nextTime());
    await until("it says so", () => issue?.body?.includes("has faults"));
    await allWell(world);
    expect(issue?.body).not.toContain("hal");

    await writeConfig(world, job(name));
    world.coder.http.fail({
      method: "POST",
      path: /\/(tasks\/factory|workspaces)$/,
      status: 403,
      body: { message: "No." },
    });
    fire(world, name, nextTime());
    await until("it says so", () => issue?.body?.includes("Reference for operators"));
    const failed = (await world.idle()).find(({ status }) => status === "FAILED");

    fire(world, name, nextTime());
    await until("it is closed", () => issue?.state === "closed");
    await world.idle();
    // Too late: the next run has taken over.
    world.system.engine.redrive(failed?.executionArn ?? "");
    await allWell(world);
    expect(agents()).toHaveLength(1);
    expect(issues()).toHaveLength(1);
  });
});

test("a job gets a new task of the same name, even if a newer run overtakes the removal of its last task", async () => {
  const world = await World.start({
    coder: { version: "2.34", deleteMs: 300 },
    settings: { CODER_SERVICE_USER: "factory" },
  });
  try {
    world.coder.addTemplate({ name: "code-factory" });
    world.coder.addUser({ username: "factory" });
    await writeConfig(world, job("nightly"));
    fire(world, "nightly", nextTime());
    await until("there is a task", () => world.coder.tasks().length === 1);
    await allWell(world);
    const [first] = world.coder.tasks();
    const runs = () => world.haveEntered("create-task", "Create task");
    world.coder.http.fail({
      method: "DELETE",
      path: /./,
      hold: async () => {
        fire(world, "nightly", nextTime());
        await until("the newer run has claimed the work", () => runs() === 3);
      },
    });
    fire(world, "nightly", nextTime());
    await until("there is a new task", () => world.coder.tasks().some(({ id }) => id !== first?.id));
    await allWell(world);
    expect(world.coder.tasks().map(({ name }) => name)).toEqual([first?.name]);
  } finally {
    await world.close();
  }
});
