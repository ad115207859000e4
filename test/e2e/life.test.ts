import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { everyCoder } from "./deployments.js";
import { until, World } from "./support.js";

describe.each(everyCoder)("on %s one issue's life", (_, { coder, owner, page, pauses }) => {
  let world: World;
  /** An issue with a running agent, for the tests that leave it that way. */
  let shared: Issue;
  beforeAll(async () => {
    world = await World.start({ coder });
    world.gitHub.addRepository({ owner: "octo", name: "other" });
    shared = await world.runningIssue("a title that nobody should quote");
  });
  afterAll(() => world.close());

  const well = (count: number) => Array(count).fill("SUCCEEDED");

  test("assigned: a task is created, and the status comment follows it; closed: the task is gone", async () => {
    const issue = await world.openIssue("Fix the parser");
    const delivery = await world.assign(issue);
    expect(delivery.status).toBe(202);

    const created = await world.untilStatus(issue, `/${page}/`);
    const agent = world.agentOf(issue);
    const prompt = `https://github.com/octo/app/issues/${issue.number}`;
    expect(agent).toMatchObject({ owner });
    const words = "prompt" in agent ? agent.prompt : agent.initialPrompt;
    expect(words.replace(/\n\n\[relay task-[0-9a-f]{32}\]$/, "")).toBe(prompt);
    const titled = { displayName: "Fix the parser" };
    if (page === "tasks") expect(agent).toMatchObject(titled);
    expect(created).toContain(agent.id);
    await world.untilRunning(issue);

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(world.agent(issue)).toBeUndefined();
    expect(world.statusComments(issue)).toHaveLength(1);
    expect(await world.endsOf(issue)).toEqual(well(2));
  });

  test("unassigned: the agent stops; assigned again: it continues", async () => {
    const issue = shared;
    const agent = world.agentOf(issue);
    agent.holdBusy();

    await world.unassign(issue);
    await world.untilStatus(issue, "is paused");
    await until("it has stopped", () => agent.status === (pauses ? "paused" : "waiting"));

    await world.assign(issue);
    await world.untilRunning(issue);
    expect(world.agentOf(issue).id).toBe(agent.id);
    await until("it works", () => agent.status === (pauses ? "active" : "running"));
    expect(world.statusComments(issue)).toHaveLength(1);
    agent.release();
  });

  test("closed and reopened: there is a new agent with the old agent's name", async () => {
    const issue = shared;
    const { id } = world.agentOf(issue);
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await world.gitHub.reopenIssue(issue, { by: "mona" });
    await world.untilRunning(issue);
    expect(world.agentOf(issue).id).not.toBe(id);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test.each(["deleteIssue", "transferIssue"] as const)(
    "%s: the task is deleted, and the run succeeds",
    async (end) => {
      const issue = await world.runningIssue();
      await world.gitHub[end](issue, { by: "mona", to: "octo/other" });
      await until("the task is deleted", () => world.agent(issue) === undefined);
      expect(await world.endsOf(issue)).toEqual(well(2));
    },
  );

  test("closing an issue that never had a task posts no comment", async () => {
    const issue = await world.openIssue();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    expect(await world.endsOf(issue)).toEqual(well(1));
    expect(world.gitHub.commentsOn(issue)).toEqual([]);
  });

  test("is measured, and each log line about a delivery names its trace, up to the message to the agent", async () => {
    const known = world.metrics.length;
    const issue = await world.openIssue();
    const assigned = await world.assign(issue);
    await world.untilRunning(issue);
    const agent = world.agentOf(issue);
    const measured = () => world.metrics.slice(known);
    const named = (metric: string) => measured().filter(({ name }) => name === metric);
    const queues = page === "agents";
    if (!queues) agent.holdBusy();
    const commented = await world.gitHub.comment(issue, { by: "mona", body: "Measure this." });
    if (!queues) await until("the waiting input is measured", () => named("OldestInputAge").length > 0);
    agent.release();
    await until("the agent gets the message", () => agent.inputs.length === 1);
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await world.idle();

    const once = ["TaskCreationTime", "TasksCreated", "InputDeliveryTime", "TasksDeleted"];
    expect(once.map((name) => named(name).length)).toEqual([1, 1, 1, 1]);
    if (!queues) expect(named("InboxDepth")[0]?.value).toBe(1);
    expect(world.metrics.filter(({ name }) => name === "GitHubRateLimitLeft")[0]?.value).toBe(4987);
    const lines = world.logs.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const actionsOf = ({ guid }: { guid: string }) => {
      const logged = lines.filter(({ delivery }) => delivery === guid);
      expect(logged.map((line) => line.trace_id)).toEqual(logged.map(() => guid.replaceAll("-", "")));
      return logged.map(({ action }) => action);
    };
    const started = ["webhook", "claim-work", "create-task"];
    expect(actionsOf(assigned)).toEqual(expect.arrayContaining(started));
    const told = ["webhook", "find-task", "put-into-inbox", "send-inbox"];
    expect(actionsOf(commented)).toEqual(expect.arrayContaining(told));
    for (const { namespace, value } of measured()) {
      expect(namespace).toBe("coder-task-relay");
      expect(value).toBeGreaterThanOrEqual(0);
    }
  });

  test("no comment contains a secret or an issue's text", async () => {
    const said = world.statusComments(shared).join("\n");
    const { token } = world.coder;
    for (const secret of [
      token,
      world.gitHub.webhookSecret,
      "PRIVATE KEY",
      "ghs_",
      "sha256=",
      "nobody should",
    ]) {
      expect(said).not.toContain(secret);
    }
    expect(said).not.toBe("");
  });
});
