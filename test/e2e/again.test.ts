import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { flowArn } from "../local-system.js";
import { asRequester, creation, deployments, ending, everyCoder } from "./deployments.js";
import { Records } from "./records.js";
import { allWell, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

const config = '[sandbox]\nsize = "large"\n';

describe.each(everyCoder)("on %s a task that is found again", (_, deployment) => {
  let world: World;
  let records: Records;
  beforeAll(async () => {
    world = await World.start({ ...asRequester(deployment), coder: { ...deployment.coder, deleteMs: 100 } });
    records = new Records(world);
    const kim = world.gitHub.addUser({ login: "kim" });
    world.gitHub.addUser({ login: "pat" });
    const permissions = { mona: "write", kim: "write", pat: "write", tim: "triage" } as const;
    world.gitHub.addRepository({ owner: "octo", name: "duo", permissions });
    world.coder.addUser({ username: "kim-c", githubId: kim.id });
    world.coder.addTemplate({ name: "code-factory" });
  });
  afterAll(() => {
    records.close();
    return world.close();
  });

  const assignee = () => world.gitHub.agentLogin;
  const agentsOf = ({ number }: { number: number }) => {
    const url = new RegExp(`/octo/duo/issues/${number}(?!\\d)`);
    return world.agents().filter((agent) => url.test("prompt" in agent ? agent.prompt : agent.initialPrompt));
  };
  const openIssue = async () =>
    (await world.gitHub.openIssue({ repo: "octo/duo", by: "mona", title: "It is broken" })).issue;

  test("is the issue's even if its record is lost and the config's prompt has changed", async () => {
    const issue = await openIssue();
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await world.untilRunning(issue);
    await allWell(world);
    const [agent] = agentsOf(issue);
    await records.lose(issue);
    await writeConfig(world, config, "octo/duo");
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await until("it is in the record again", async () => (await records.get(issue))?.task?.id === agent?.id);
    await world.untilRunning(issue);
    await allWell(world);
    expect(agentsOf(issue)).toEqual([agent]);
    expect(world.haveEntered("create-task", "Put into inbox")).toBe(0);
    await writeConfig(world, "", "octo/duo");
  });

  test("was requested by another assignment at the same time: both runs succeed", async () => {
    const issue = await openIssue();
    const one = await world.gitHub.assign(issue, { by: "mona", assignee: assignee(), deliver: false });
    const two = await world.gitHub.assign(issue, { by: "mona", assignee: assignee(), deliver: false });
    const known = world.haveEntered("create-task", "Create task");
    let isAtCoder = false;
    const hold = () => {
      isAtCoder = true;
      const isBeside = () => world.haveEntered("create-task", "Create task") === known + 2;
      return until("the other run creates it too", isBeside);
    };
    world.coder.http.fail({ ...creation, hold });
    await world.gitHub.send(one);
    await until("it is being created", () => isAtCoder);
    await world.gitHub.send(two);
    await allWell(world);
    await world.untilRunning(issue);
    expect(agentsOf(issue)).toHaveLength(1);
  });

  test("was requested by two people at the same time: there is one task, and both runs succeed", async () => {
    const issue = await openIssue();
    const sent = await Promise.all(
      ["mona", "kim"].map((by) => world.gitHub.assign(issue, { by, assignee: assignee(), deliver: false })),
    );
    await Promise.all(sent.map((delivery) => world.gitHub.send(delivery)));
    await allWell(world);
    await world.untilRunning(issue);
    expect(agentsOf(issue)).toHaveLength(1);
  });

  test("no longer exists: the new task belongs to its new requester", async () => {
    const issue = await openIssue();
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await world.untilRunning(issue);
    await allWell(world);
    const [former] = agentsOf(issue);
    expect(former?.owner).toBe("mona-c");
    if (former) await world.lose(former);
    await world.gitHub.assign(issue, { by: "kim", assignee: assignee() });
    const agent = await until("there is a new one", () => agentsOf(issue).find((one) => one !== former));
    await allWell(world);
    await world.untilRunning(issue);
    expect(agent.owner).toBe("kim-c");
    expect(agentsOf(issue)).toEqual([agent]);
  });

  test("is still wanted: a refusal does not let its record expire", async () => {
    const issue = await openIssue();
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await world.untilRunning(issue);
    await allWell(world);
    const [former] = agentsOf(issue);
    if (former) await world.lose(former);
    await world.gitHub.assign(issue, { by: "pat", assignee: assignee() });
    await world.untilStatus(issue, "Sign in to Coder");
    await allWell(world);
    expect(await records.get(issue)).toMatchObject({ wanted: true, status: { state: "refused" } });
    expect(await records.get(issue)).not.toHaveProperty("expiresAt");

    const refused = await openIssue();
    await world.gitHub.assign(refused, { by: "tim", assignee: assignee() });
    await world.untilStatus(refused, "No task was created");
    await allWell(world);
    expect(await records.get(refused)).toHaveProperty("expiresAt", expect.any(Number));
  });

  test("is being removed: a reopened issue waits for the removal, and gets a new task of the same name", async () => {
    const issue = await openIssue();
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await world.untilRunning(issue);
    await allWell(world);
    const name = (await records.get(issue))?.task?.name;
    const known = world.haveEntered("create-task", "Create task");
    let isAtCoder = false;
    const hold = () => {
      isAtCoder = true;
      const isBeside = () => world.haveEntered("create-task", "Create task") > known;
      return until("the issue is open again", isBeside);
    };
    world.coder.http.fail({ ...ending(deployment), hold });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await until("its task is being removed", () => isAtCoder);
    const [former] = agentsOf(issue);
    await world.gitHub.reopenIssue(issue, { by: "mona" });
    const agent = await until("there is a new one", () => agentsOf(issue).find((one) => one !== former));
    await allWell(world);
    await world.untilRunning(issue);
    expect(agentsOf(issue)).toEqual([agent]);
    expect((await records.get(issue))?.task).toMatchObject({ id: agent.id, name });
  });

  test("has a new name: its inbox keeps its one drain", async () => {
    const issue = await openIssue();
    await world.gitHub.assign(issue, { by: "mona", assignee: assignee() });
    await world.untilRunning(issue);
    await allWell(world);
    const [agent] = agentsOf(issue);
    agent?.holdBusy();
    const key = { repositoryId: issue.repo.id, work: String(issue.number) };
    const { name = "" } = (await records.get(issue))?.task ?? {};
    await world.gitHub.comment(issue, { by: "mona", body: "one thing" });
    const drains = () =>
      world.executions("drain-inbox").filter(({ input }) => input.includes(`"work":"${issue.number}"`));
    await until("a drain has begun", () => drains().length > 0);
    const before = drains().map(({ name }) => name);
    for (const one of before) expect(one).not.toContain(name);
    await records.rename(issue, "another-name");
    const woken = (await world.system.invoke("wake-drain", { key, execution: "by hand" })) as {
      drain: string;
    };
    if (woken.drain !== "") expect(before).toContain(woken.drain);
    agent?.release();
    await until("the agent gets the message once", () => agent?.inputs.length === 1);
    await allWell(world);
    expect(agent?.inputs).toHaveLength(1);
  });
});

test("two schedules of one job at the same time create one agent in one workspace", async () => {
  const { coder } = deployments["Chats of 2.38"];
  const settings = { CODER_SERVICE_USER: "factory" };
  const world = await World.start({ coder, settings });
  try {
    world.coder.addTemplate({ name: "code-factory" });
    world.coder.addUser({ username: "factory" });
    await writeConfig(
      world,
      '[[scheduled_jobs]]\nname = "nightly"\nbranch = "main"\nschedule = "0 3 * * *"\nprompt = "Do it."\n',
    );
    const { id, installationId } = world.gitHub.repositories.get("octo/app");
    const event = {
      type: "job_due",
      delivery: "2026-01-01T03:00:00Z",
      at: "2026-01-01T03:00:00Z",
      installation: installationId,
      repository: { id, owner: "octo", name: "app", private: false },
      job: { name: "nightly" },
    };
    let waiting = 0;
    const hold = () => {
      waiting += 1;
      const areBoth = () => world.haveEntered("create-task", "Create task") === 2;
      return until("both runs create it", areBoth);
    };
    world.coder.http.fail({ method: "POST", path: /\/workspaces$/, hold });
    for (let i = 0; i < 2; i++) {
      world.system.engine.start(flowArn("create-task"), randomUUID(), JSON.stringify({ event }));
    }
    await until("one is at it", () => waiting > 0);
    await allWell(world);
    expect(world.coder.chats()).toHaveLength(1);
    expect(world.coder.workspaces()).toHaveLength(1);
    expect(
      world.coder.http.calls.filter(({ method, path }) => method === "POST" && /\/chats$/.test(path)),
    ).toHaveLength(1);
  } finally {
    await world.close();
  }
});
