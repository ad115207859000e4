import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { World } from "./support.js";

let world: World;
beforeEach(async () => {
  world = await World.start({
    settings: { ALLOWED_BOTS: "hubot", CODER_USER_MAP: "hubot=mona-c,kim=kim-c" },
  });
});
afterEach(() => world.close());

/** The issue of `octo/app` after `by` has assigned it and all runs are over. */
async function assignedBy(by: string) {
  const issue = await world.openIssue();
  await world.assign(issue, by);
  const runs = await world.idle();
  expect(runs.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
  return issue;
}

/** Somebody with write permission on `octo/app`. */
function writer(login: string) {
  const user = world.gitHub.addUser({ login });
  world.gitHub.addRepository({ owner: "octo", name: `of-${login}`, permissions: { [login]: "write" } });
  return user;
}

async function assignedInOwnRepository(login: string) {
  const { issue } = await world.gitHub.openIssue({ repo: `octo/of-${login}`, by: login, title: "Mine" });
  await world.gitHub.assign(issue, { by: login, assignee: world.gitHub.agentLogin });
  const runs = await world.idle();
  expect(runs.map(({ status }) => status)).toEqual(["SUCCEEDED"]);
  return issue;
}

describe("who may assign", () => {
  test("not somebody with triage permission: the status comment says who may", async () => {
    const issue = await assignedBy("tim");
    expect(await world.untilStatus(issue, "No task was created")).toMatch(
      /tim may not.*write, maintain or admin/,
    );
    expect(world.coder.tasks()).toEqual([]);
  });

  test("not a stranger", async () => {
    world.gitHub.addUser({ login: "stranger" });
    await world.untilStatus(await assignedBy("stranger"), "No task was created");
  });

  test("a refusal does not touch the task that runs, nor its status", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    await world.assign(issue, "tim");
    await world.idle();
    expect(world.coder.tasks()).toHaveLength(1);
    await world.untilStatus(issue, "is running");
  });

  test("after a refusal somebody else can assign, and the same comment follows", async () => {
    const issue = await assignedBy("tim");
    await world.assign(issue, "mona");
    await world.untilStatus(issue, "is running");
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("a bot of the list may; another may not", async () => {
    world.gitHub.addUser({ login: "hubot[bot]", type: "Bot" });
    world.gitHub.addUser({ login: "other[bot]", type: "Bot" });
    world.coder.addUser({ username: "hubot-c" });
    await world.untilStatus(await assignedBy("other[bot]"), "ALLOWED_BOTS");
    expect(world.coder.tasks()).toEqual([]);
  });
});

describe("whose task it is", () => {
  test("nobody's without a Coder user: the comment says what to do, and that done, assigning again works", async () => {
    const pat = writer("pat");
    const issue = await assignedInOwnRepository("pat");
    expect(await world.untilStatus(issue, "No task was created")).toMatch(/pat.*Sign in to Coder/);

    world.coder.addUser({ username: "pat-c", githubId: pat.id });
    await world.gitHub.assign(issue, { by: "pat", assignee: world.gitHub.agentLogin });
    await world.untilStatus(issue, "is running");
    expect(world.coder.tasks()).toMatchObject([{ owner: "pat-c" }]);
  });

  test("that of the settings' map where no Coder user is linked", async () => {
    writer("Kim");
    world.coder.addUser({ username: "kim-c" });
    await world.untilStatus(await assignedInOwnRepository("Kim"), "is running");
    expect(world.coder.tasks()).toMatchObject([{ owner: "kim-c" }]);
  });

  test("nobody's where the linked user is suspended, or where there are two", async () => {
    const sue = writer("sue");
    world.coder.addUser({ username: "sue-c", githubId: sue.id, status: "suspended" });
    await world.untilStatus(await assignedInOwnRepository("sue"), "not active");

    const two = writer("two");
    world.coder.addUser({ username: "two-a", githubId: two.id });
    world.coder.addUser({ username: "two-b", githubId: two.id });
    const issue = await world.gitHub.openIssue({ repo: "octo/of-two", by: "two", title: "Whose?" });
    await world.gitHub.assign(issue.issue, { by: "two", assignee: world.gitHub.agentLogin });
    await world.untilStatus(issue.issue, "several active Coder users");
    expect(world.coder.tasks()).toEqual([]);
  });
});

describe("what it is made from", () => {
  test("the default preset where none is configured", async () => {
    const other = await World.start({ settings: { CODER_TEMPLATE_NAME: "with-presets" } });
    try {
      other.coder.addTemplate({
        name: "with-presets",
        presets: [{ name: "small" }, { name: "large", default: true }],
      });
      const issue = await other.openIssue();
      await other.assign(issue);
      await other.untilStatus(issue, "is running");
      const posts = other.coder.http.calls.filter(
        ({ method, status }) => method === "POST" && status === 201,
      );
      expect(posts[0]?.body).toHaveProperty("template_version_preset_id");
    } finally {
      await other.close();
    }
  });

  test("a configured preset that does not exist fails the run, and lists the ones that do", async () => {
    const other = await World.start({
      settings: { CODER_TEMPLATE_NAME: "with-presets", CODER_TEMPLATE_PRESET: "huge" },
    });
    try {
      other.coder.addTemplate({ name: "with-presets", presets: [{ name: "small" }, { name: "large" }] });
      const issue = await other.openIssue();
      await other.assign(issue);
      const status = await other.untilStatus(issue, "has failed");
      expect(status).toMatch(/no preset "huge".*"small", "large"/s);
      expect(await other.idle()).toMatchObject([{ status: "FAILED", error: "PresetNotFoundError" }]);
    } finally {
      await other.close();
    }
  });
});

describe("what it is called", () => {
  test("a name with a hash where the plain one would not be valid, or serves an issue of the same name", async () => {
    world.gitHub.addRepository({ owner: "octo", name: "my.app", permissions: { mona: "write" } });
    world.gitHub.addRepository({ owner: "umbrella", name: "app", permissions: { mona: "write" } });
    const names = [];
    for (const repo of ["octo/app", "octo/my.app", "umbrella/app"]) {
      const { issue } = await world.gitHub.openIssue({ repo, by: "mona", title: "One" });
      await world.gitHub.assign(issue, { by: "mona", assignee: world.gitHub.agentLogin });
      await world.untilStatus(issue, "is running");
      names.push(world.coder.tasks().find(({ initialPrompt }) => initialPrompt.includes(`${repo}/`))?.name);
    }
    expect(names[0]).toBe("gh-app-1");
    expect(names[1]).toMatch(/^gh-my-app-[0-9a-z]{6}-1$/);
    expect(names[2]).toMatch(/^gh-app-[0-9a-z]{6}-1$/);
  });
});
