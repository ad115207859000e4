import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { deployments, everyCoder } from "./deployments.js";
import { Planter } from "./planting.js";
import { Records } from "./records.js";
import { until, World } from "./support.js";

let world: World;

/** Waits for the end of all runs, which must have succeeded. */
async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

/** Expects that the agent got no message and was neither stopped nor removed. */
function expectUntouched(planted: FakeTask | FakeChat): void {
  expect(planted.inputs.map(({ text }) => text)).toEqual([]);
  const isMeant = ({ method, path }: { method: string; path: string }) =>
    method !== "GET" && path.includes(planted.id);
  expect(world.coder.http.calls.filter(isMeant).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(world.agents()).toContain(planted);
}

const untilTold = (agent: FakeTask | FakeChat, what: string) =>
  until(`the agent gets "${what}"`, () => agent.inputs.some(({ text }) => text.includes(what)));

async function close(issue: Issue): Promise<void> {
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  await allWell();
}

const { urlOf } = Planter;
const forged = "0".repeat(32);

describe.each(everyCoder)("on %s an agent that the relay has not created is not touched", (_, deployment) => {
  const { coder, owner, page } = deployment;
  let planter: Planter;
  let records: Records;
  /** Planted agents are never removed, so each test notes the agents that exist before it. */
  let before: (FakeTask | FakeChat)[] = [];
  const others = () => world.agents().filter((agent) => !before.includes(agent));

  beforeAll(async () => {
    world = await World.start({ coder });
    world.coder.addUser({ username: "eve-c", githubId: world.gitHub.addUser({ login: "eve" }).id });
    planter = new Planter(world, deployment);
    records = new Records(world);
  });
  afterEach(() => {
    before = world.agents();
  });
  afterAll(() => {
    records.close();
    return world.close();
  });

  test.each([
    ["the issue's URL", (url: string) => url],
    ["a log that quotes the URL", (url: string) => `Look at this:\n> see ${url} for more`],
    ["a forged mark", (url: string) => `${url}\n\n[relay task-${forged}]`],
  ])("that was planted under a foreseeable name with %s", async (_, words) => {
    const issue = await world.openIssue();
    const planted = await planter.agent(issue, owner, words(urlOf(issue)), { "relay-mark": forged });
    await world.assign(issue);
    const own = await until("the issue has its own agent", () => others().find((agent) => agent !== planted));
    expect(await world.untilRunning(issue)).toContain(own.id);
    if (page === "tasks") expect(world.logs.join()).toContain("The name is occupied");
    await world.gitHub.comment(issue, { by: "mona", body: "to the real one" });
    await untilTold(own, "to the real one");
    await world.unassign(issue);
    await world.untilStatus(issue, "is paused");
    await allWell();
    await world.assign(issue);
    await world.untilRunning(issue);
    await close(issue);
    expect(others()).toEqual([planted]);
    expectUntouched(planted);
  });

  test.each([owner, "eve-c"])("that %s owns, if the issue has no record", async (username) => {
    const issue = await world.openIssue();
    const planted = await planter.agent(issue, username, urlOf(issue));
    const assignee = world.gitHub.agentLogin;
    await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    await world.gitHub.comment(issue, { by: "mona", body: "who hears this?" });
    await allWell();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await allWell();
    expectUntouched(planted);
  });

  test("that has a copied mark, which is invalid for another issue or owner", async () => {
    const issue = await world.runningIssue();
    const own = world.agentOf(issue);
    await allWell();
    const other = await world.openIssue();
    const [forOther, forEve] =
      "initialPrompt" in own
        ? [
            await planter.agent(other, owner, own.initialPrompt.replace(urlOf(issue), urlOf(other))),
            await planter.agent(issue, "eve-c", own.initialPrompt),
          ]
        : [
            await planter.agent(other, owner, urlOf(other), { "relay-mark": own.labels["relay-mark"] }),
            await planter.agent(issue, "eve-c", own.prompt, own.labels),
          ];
    await records.lose(issue);
    await world.assign(other);
    await world.untilRunning(other);
    await close(other);
    await world.gitHub.comment(issue, { by: "mona", body: "still there?" });
    await untilTold(own, "still there?");
    await allWell();
    await close(issue);
    expectUntouched(forOther);
    expectUntouched(forEve);
    expect(others()).toHaveLength(2);
  });

  test("while its own agent is recognized by its mark after one rotation of the key, and by its record after any number", async () => {
    const [lost, kept] = [await world.runningIssue(), await world.runningIssue()];
    const agents = [world.agentOf(lost), world.agentOf(kept)];
    await allWell();
    world.system.rotate({ taskMark: "f".repeat(64) });
    await records.lose(lost);
    await world.assign(lost);
    await world.untilRunning(lost);
    await allWell();
    expect(others()).toEqual(agents);

    world.system.rotate({ taskMark: "e".repeat(64) });
    world.system.rotate({ taskMark: "d".repeat(64) });
    await world.gitHub.comment(kept, { by: "mona", body: "by its record" });
    await until("the agent gets the message", () =>
      agents[1]?.inputs.some(({ text }) => text.includes("by its record")),
    );
    await close(kept);
    expect(others()).toEqual(agents.slice(0, 1));
  });
});

test("a workspace that somebody has created with a chat workspace's name is neither used nor deleted", async () => {
  const { coder } = deployments["Chats of 2.38"];
  const settings = { CODER_CHAT_IDENTITY: "requester", CODER_TEMPLATE_NAME: "task-template" };
  world = await World.start({ coder, settings });
  try {
    const issue = await world.openIssue();
    const planter = new Planter(world, deployments["Chats of 2.38"]);
    const planted = await planter.workspace("mona-c", `gh-app-${issue.number}`);
    await world.assign(issue);
    await world.untilRunning(issue);
    expect(world.coder.chats()[0]?.workspaceId).not.toBe(planted);
    expect(world.logs.join()).toContain("The name is occupied");
    await close(issue);
    await until("the chat's own workspace is gone", () => world.coder.workspaces().length === 1);
    expect(world.coder.workspaces()[0]).toMatchObject({ id: planted, latestBuild: { transition: "start" } });
  } finally {
    await world.close();
  }
});
