import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { asRequester, creation, deployments, everyCoder, sending } from "./deployments.js";
import { until, World } from "./support.js";

/** One more deployment: chats that belong to the requester, in workspaces of a template. */
const chats = deployments["Chats of 2.38"];
const withTemplate = { ...asRequester(chats).settings, CODER_TEMPLATE_NAME: "task-template" };
const requestersChats = "Chats of 2.38 of the requester's, with a template";

let world: World;

async function running(): Promise<Issue> {
  const issue = await world.openIssue();
  await world.assign(issue);
  await world.untilRunning(issue);
  return issue;
}

const texts = (issue: Issue) => world.agentOf(issue).inputs.map(({ text }) => text);
const untilTold = (issue: Issue, what: string) =>
  until(`the agent gets "${what}"`, () => texts(issue).find((text) => text.includes(what)));

/** Waits for the end of all runs, which must have succeeded. */
async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

async function closed(issue: Issue): Promise<void> {
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  await allWell();
  expect(world.agent(issue)).toBeUndefined();
  expect(world.statusComments(issue)).toHaveLength(1);
}

describe.each([
  ...everyCoder.map(([name, { coder, page }]) => [name, { coder, page, settings: {} }] as const),
  [requestersChats, { coder: chats.coder, page: chats.page, settings: withTemplate }] as const,
])("on %s", (_, { coder, page, settings }) => {
  beforeAll(async () => {
    world = await World.start({ coder, settings });
  });
  afterAll(async () => {
    expect(world.coder.mintedTokens()).toEqual([]);
    await world.close();
  });

  test("a review that arrives while the agent works reaches it in order, and a comment arrives once even if the answer to its send is lost", async () => {
    const issue = await running();
    const pull = await world.openPull(issue);
    const known = world.executions("forward-comment").length;
    world.agentOf(issue).holdBusy();
    await world.gitHub.review(pull, {
      by: "mona",
      state: "changes_requested",
      body: "Three things.",
      comments: ["one", "two", "three"].map((number, i) => ({
        path: "src/a.ts",
        line: i + 1,
        body: `${number} flaw`,
      })),
    });
    await until(
      "all four are in the inbox",
      () =>
        world
          .executions("forward-comment")
          .slice(0, -known || undefined)
          .filter(({ status }) => status === "SUCCEEDED").length === 4,
    );
    world.agentOf(issue).release();
    await untilTold(issue, "three flaw");
    await allWell();
    const told = texts(issue).join("\n");
    const places = ["Three things.", "one flaw", "two flaw", "three flaw"].map((words) =>
      told.indexOf(words),
    );
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);

    const before = texts(issue).length;
    world.coder.http.fail({ ...sending, lose: "response" });
    await world.gitHub.comment(issue, { by: "mona", body: "only once" });
    await untilTold(issue, "only once");
    await allWell();
    expect(texts(issue)).toHaveLength(before + 1);
    await closed(issue);
  });

  test("an assignment during the creation of the task does not create a second one", async () => {
    const issue = await world.openIssue();
    const assignee = world.gitHub.agentLogin;
    const { payload } = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    const creations = () =>
      world.coder.http.calls.filter(
        ({ method, path }) => method === "POST" && /\/(tasks\/mona-c|chats)$/.test(path),
      );
    const before = creations().length;
    const known = world.haveEntered("create-task", "Create task");
    let isAtCoder = false;
    const hold = () => {
      isAtCoder = true;
      const isBeside = () => world.haveEntered("create-task", "Create task") === known + 2;
      return until("another run creates it too", isBeside);
    };
    world.coder.http.fail({ ...creation, hold });
    await world.gitHub.deliver("issues", payload);
    await until("it is being created", () => isAtCoder);
    await world.gitHub.deliver("issues", payload);
    await allWell();
    expect(world.agentsFor(issue)).toHaveLength(1);
    expect(creations().length - before).toBeLessThanOrEqual(page === "agents" ? 1 : 2);
    await world.untilRunning(issue);
    await closed(issue);
  });

  test("concurrent assignments and creations whose answers are lost create one task", async () => {
    const issue = await world.openIssue();
    const assignee = world.gitHub.agentLogin;
    const { payload } = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    await Promise.all([1, 2, 3].map(() => world.gitHub.deliver("issues", payload)));
    await allWell();
    expect(world.agentsFor(issue)).toHaveLength(1);
    await world.untilRunning(issue);
    await closed(issue);

    world.coder.http.fail({ ...creation, lose: "response" });
    const other = await running();
    await allWell();
    expect(world.agentsFor(other)).toHaveLength(1);
    await closed(other);
  });

  if (settings !== withTemplate) return;
  // In short, the tests that the other files run on the four deployments.
  test("an issue's life: assigned, running, closed, reopened, closed", async () => {
    const issue = await running();
    const { id } = world.agentOf(issue);
    expect(world.agentOf(issue)).toMatchObject({ owner: "mona-c" });
    expect(world.statusComments(issue).join()).toContain(`/${page}/`);
    expect(world.statusComments(issue).join()).toContain(id);
    await closed(issue);
    const workspace = `gh-app-${issue.number}`;
    await until(
      "nothing is left of it",
      () => !world.coder.workspaces().some(({ name }) => name === workspace),
    );

    await world.gitHub.reopenIssue(issue, { by: "mona" });
    await world.untilRunning(issue);
    expect(world.agentOf(issue).id).not.toBe(id);
    await closed(issue);
  });

  test("an unassigned agent stops; assigned again, it is the same agent", async () => {
    const issue = await running();
    const { id } = world.agentOf(issue);
    world.agentOf(issue).holdBusy();
    await world.unassign(issue);
    await world.untilStatus(issue, "is paused");
    await until("it does not work", () => !/active|running/.test(world.agentOf(issue).status));
    world.agentOf(issue).release();
    await world.assign(issue);
    await world.untilRunning(issue);
    expect(world.agentOf(issue).id).toBe(id);
    await closed(issue);
  });

  test.each([0, 15])("an assignment and a close %i ms apart leave nothing", async (ms) => {
    for (const order of ["assigned first", "closed first"]) {
      const issue = await world.openIssue();
      const assignee = world.gitHub.agentLogin;
      const assigned = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
      const close = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
      const [first, second] = order === "assigned first" ? [assigned, close] : [close, assigned];
      const sending = world.gitHub.send(first);
      const start = Date.now();
      await until("some milliseconds are over", () => Date.now() - start >= ms);
      await Promise.all([sending, world.gitHub.send(second)]);
      await allWell();
      expect(world.agentsFor(issue)).toEqual([]);
    }
  });

  test("comments to a task that is gone are kept, and sent to the next one", async () => {
    const issue = await running();
    const former = world.agentOf(issue);
    await world.lose(former);
    await world.gitHub.comment(issue, { by: "mona", body: "are you there?" });
    expect(await world.untilStatus(issue, "is gone")).toContain("kept for a day");
    await allWell();
    await world.unassign(issue);
    await world.idle();
    await world.assign(issue);
    await world.untilRunning(issue);
    await untilTold(issue, "are you there?");
    await allWell();
    await closed(issue);
  });
});

describe("on Chats", () => {
  beforeAll(async () => {
    world = await World.start({ coder: { version: "2.38" }, isPrivate: true });
  });
  afterAll(() => world.close());

  test("the status comment reports what Coder knows until the task ends", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilRunning(issue);
    await world.idle();
    const chat = world.coder.chat(`octo/app#${issue.number}`);
    expect(chat?.viewers.size).toBe(1);

    chat?.setSummary("Found the cause @everyone <b>now</b>");
    chat?.setPullRequest({ number: 7, url: "https://github.com/octo/app/pull/7" });
    chat?.failTurn({ kind: "missing_key", message: "no key" });
    await world.gitHub.comment(issue, { by: "mona", body: "go on" });
    const status = await world.untilStatus(issue, "Pull request #7");
    expect(status).toContain("https://github.com/octo/app/pull/7");
    expect(status).toContain("> `Last turn: Found the cause @everyone <b>now</b>`");
    expect(status).toMatch(/has failed \(missing_key\): no key The AI provider has no API key/);
    await world.idle();
    expect(chat?.inputs.at(-1)?.text).toContain("go on");

    chat?.setPullRequest({ number: 7, url: "https://github.com/octo/app/pull/7", state: "merged" });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    const end = await world.untilStatus(issue, "Completed");
    expect(end).toContain("Pull request #7 (merged)");
    expect(end).not.toContain("has failed");
  });

  test("the next comment reopens a chat that was archived in Coder", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilRunning(issue);
    await world.idle();
    const chat = world.coder.chat(`octo/app#${issue.number}`);
    await until("its turn is over", () => chat?.status === "waiting");
    if (chat) chat.archived = true;
    await world.gitHub.comment(issue, { by: "mona", body: "wake up" });
    await until("the agent gets the message", () =>
      chat?.inputs.some(({ text }) => text.includes("wake up")),
    );
    expect(chat?.archived).toBe(false);
    await world.idle();
  });

  test("the issue names a Coder without any API for tasks, with its version and a remedy", async () => {
    const other = await World.start({ coder: { version: "2.38", chats: false }, isPrivate: true });
    try {
      const issue = await other.openIssue();
      await other.assign(issue);
      const status = await other.untilStatus(issue, "has failed");
      expect(status).toMatch(/v2\.38\.0\+fake.*neither the Tasks API nor the Chats API.*Upgrade Coder/);
      const [run] = await other.idle();
      expect(run).toMatchObject({ status: "FAILED", error: "NoTaskApiError" });
    } finally {
      await other.close();
    }
  });
});
