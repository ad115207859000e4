import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { asRequester, deployments, everyCoder } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { World } from "./support.js";

describe.each(everyCoder)("on %s", (_, deployment) => {
  let world: World;
  beforeAll(async () => {
    const { coder, settings } = asRequester(deployment);
    world = await World.start({
      ...(coder && { coder }),
      settings: { ...settings, ALLOWED_BOTS: "hubot", CODER_USER_MAP: "hubot[bot]=mona-c,kim=kim-c" },
    });
    world.gitHub.addUser({ login: "hubot[bot]", type: "Bot" });
    world.gitHub.addUser({ login: "other[bot]", type: "Bot" });
  });
  afterAll(async () => {
    await allWell(world);
    expect(world.coder.mintedTokens()).toEqual([]);
    await world.close();
  });

  /** The issue of `octo/app` after `by` has assigned it and all runs are over. */
  async function assignedBy(by: string) {
    const issue = await world.openIssue();
    await world.assign(issue, by);
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
    return issue;
  }

  /** Who owns the agents that work on a repository of one person. */
  const ownersOf = (login: string) =>
    world
      .agents()
      .filter((agent) => ("prompt" in agent ? agent.prompt : agent.initialPrompt).includes(`/of-${login}/`))
      .map(({ owner }) => owner);

  /** Somebody with write permission on `octo/app`. */
  function writer(login: string) {
    const user = world.gitHub.addUser({ login });
    world.gitHub.addRepository({ owner: "octo", name: `of-${login}`, permissions: { [login]: "write" } });
    return user;
  }

  async function assignedInOwnRepository(login: string) {
    const { issue } = await world.gitHub.openIssue({ repo: `octo/of-${login}`, by: login, title: "Mine" });
    await world.gitHub.assign(issue, { by: login, assignee: world.gitHub.agentLogin });
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
    return issue;
  }

  describe("who may assign", () => {
    test("not somebody with triage permission: the status comment says who may", async () => {
      const issue = await assignedBy("tim");
      expect(await world.untilStatus(issue, "No task was created")).toMatch(
        /tim may not.*write, maintain or admin/,
      );
      expect(world.agent(issue)).toBeUndefined();
    });

    test("not a stranger", async () => {
      world.gitHub.addUser({ login: "stranger" });
      await world.untilStatus(await assignedBy("stranger"), "No task was created");
    });

    test("a refusal does not touch the task that runs, nor its status", async () => {
      const issue = await world.runningIssue();
      const agent = world.agentOf(issue);
      await world.assign(issue, "tim");
      await world.idle();
      expect(world.agent(issue)).toBe(agent);
      await world.untilRunning(issue);
    });

    test("after a refusal somebody else can assign, and the same comment follows", async () => {
      const issue = await assignedBy("tim");
      await world.assign(issue, "mona");
      await world.untilRunning(issue);
      expect(world.statusComments(issue)).toHaveLength(1);
    });

    test("a bot of the list may; another may not", async () => {
      const refused = await assignedBy("other[bot]");
      await world.untilStatus(refused, "ALLOWED_BOTS");
      expect(world.agent(refused)).toBeUndefined();
      const allowed = await assignedBy("hubot[bot]");
      await world.untilRunning(allowed);
      expect(world.agentOf(allowed).owner).toBe("mona-c");
    });
  });

  describe("whose task it is", () => {
    test("nobody's without a Coder user: the comment says what to do, and that done, assigning again works", async () => {
      const pat = writer("pat");
      const issue = await assignedInOwnRepository("pat");
      expect(await world.untilStatus(issue, "No task was created")).toMatch(/pat.*Sign in to Coder/);

      world.coder.addUser({ username: "pat-c", githubId: pat.id });
      await world.gitHub.assign(issue, { by: "pat", assignee: world.gitHub.agentLogin });
      await world.untilRunning(issue);
      expect(ownersOf("pat")).toEqual(["pat-c"]);
    });

    test("that of the settings' map where no Coder user is linked", async () => {
      writer("Kim");
      world.coder.addUser({ username: "kim-c" });
      await world.untilRunning(await assignedInOwnRepository("Kim"));
      expect(ownersOf("Kim")).toEqual(["kim-c"]);
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
      expect([...ownersOf("sue"), ...ownersOf("two")]).toEqual([]);
    });
  });
});

/** Both APIs make their workspaces from what one module looks up. */
const oneOfEach = ["Tasks of 2.34", "Chats of 2.38"] as const;

describe.each(oneOfEach)("on %s, what it is made from", (name) => {
  const { coder } = deployments[name];

  test("the default preset where none is configured", async () => {
    const other = await World.start({ coder, settings: { CODER_TEMPLATE_NAME: "with-presets" } });
    try {
      other.coder.addTemplate({
        name: "with-presets",
        presets: [{ name: "small" }, { name: "large", default: true }],
      });
      const issue = await other.openIssue();
      await other.assign(issue);
      await other.untilRunning(issue);
      await allWell(other);
      const posts = other.coder.http.calls.filter(
        ({ method, path, status }) =>
          method === "POST" && status === 201 && /\/(tasks\/|workspaces)/.test(path),
      );
      expect(posts[0]?.body).toHaveProperty("template_version_preset_id");
    } finally {
      await other.close();
    }
  });

  test("a configured preset that does not exist fails the run, and lists the ones that do", async () => {
    const other = await World.start({
      coder,
      isPrivate: true,
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

/** Only where a name is a key does it matter whether it is taken: of tasks, and of the workspaces of chats. */
const named = [
  ["Tasks of 2.34", {}],
  ["Chats of 2.38", { CODER_TEMPLATE_NAME: "task-template" }],
] as const;
describe.each(named)("on %s, what it is called", (name, settings) => {
  test("a name with a hash where the plain one would not be valid, or serves an issue of the same name", async () => {
    const world = await World.start({
      coder: deployments[name].coder,
      settings: { ...settings, ALLOWED_ACCOUNTS: "octo,umbrella" },
    });
    try {
      world.gitHub.addRepository({ owner: "octo", name: "my.app", permissions: { mona: "write" } });
      world.gitHub.addRepository({ owner: "umbrella", name: "app", permissions: { mona: "write" } });
      const names = [];
      for (const repo of ["octo/app", "octo/my.app", "umbrella/app"]) {
        const { issue } = await world.gitHub.openIssue({ repo, by: "mona", title: "One" });
        await world.gitHub.assign(issue, { by: "mona", assignee: world.gitHub.agentLogin });
        await world.untilRunning(issue);
        names.push(world.coder.workspaces().at(-1)?.name);
      }
      await allWell(world);
      expect(names[0]).toBe("gh-app-1");
      expect(names[1]).toMatch(/^gh-my-app-[0-9a-z]{6}-1$/);
      expect(names[2]).toMatch(/^gh-app-[0-9a-z]{6}-1$/);
    } finally {
      await world.close();
    }
  });
});
