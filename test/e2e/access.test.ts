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

  /** An issue of `octo/app` that `by` has assigned, once all runs are over. */
  async function assignedBy(by: string) {
    const issue = await world.openIssue();
    await world.assign(issue, by);
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
    return issue;
  }

  /** The owners of the agents that work on one person's repository. */
  const ownersOf = (login: string) =>
    world
      .agents()
      .filter((agent) => ("prompt" in agent ? agent.prompt : agent.initialPrompt).includes(`/of-${login}/`))
      .map(({ owner }) => owner);

  /** A user with write permission on `octo/app`. */
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

  describe("permission to assign", () => {
    test("a person with triage permission may not assign; the status comment says who may", async () => {
      const issue = await assignedBy("tim");
      expect(await world.untilStatus(issue, "No task was created")).toMatch(
        /tim may not.*write, maintain or admin/,
      );
      expect(world.agent(issue)).toBeUndefined();
    });

    test("a stranger may not assign", async () => {
      world.gitHub.addUser({ login: "stranger" });
      await world.untilStatus(await assignedBy("stranger"), "No task was created");
    });

    test("a refusal changes neither the running task nor its status", async () => {
      const issue = await world.runningIssue();
      const agent = world.agentOf(issue);
      await world.assign(issue, "tim");
      await world.idle();
      expect(world.agent(issue)).toBe(agent);
      await world.untilRunning(issue);
    });

    test("after a refusal somebody else can assign, and the same comment is updated", async () => {
      const issue = await assignedBy("tim");
      await world.assign(issue, "mona");
      await world.untilRunning(issue);
      expect(world.statusComments(issue)).toHaveLength(1);
    });

    test("a listed bot may assign; another bot may not", async () => {
      const refused = await assignedBy("other[bot]");
      await world.untilStatus(refused, "ALLOWED_BOTS");
      expect(world.agent(refused)).toBeUndefined();
      const allowed = await assignedBy("hubot[bot]");
      await world.untilRunning(allowed);
      expect(world.agentOf(allowed).owner).toBe("mona-c");
    });
  });

  describe("the owner of a task", () => {
    test("without a Coder user there is no task; the comment says what to do, and then assigning again works", async () => {
      const pat = writer("pat");
      const issue = await assignedInOwnRepository("pat");
      expect(await world.untilStatus(issue, "No task was created")).toMatch(/pat.*Sign in to Coder/);

      world.coder.addUser({ username: "pat-c", githubId: pat.id });
      await world.gitHub.assign(issue, { by: "pat", assignee: world.gitHub.agentLogin });
      await world.untilRunning(issue);
      expect(ownersOf("pat")).toEqual(["pat-c"]);
    });

    test("is the user in CODER_USER_MAP if no Coder user is linked", async () => {
      writer("Kim");
      world.coder.addUser({ username: "kim-c" });
      await world.untilRunning(await assignedInOwnRepository("Kim"));
      expect(ownersOf("Kim")).toEqual(["kim-c"]);
    });

    test("if the linked user is suspended, or two users are linked, there is no task", async () => {
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

/**
 * Both APIs find a workspace's template and preset with the same module. Workspace names are unique, so one can be taken.
 */
const oneOfEach = ["Tasks of 2.34", "Chats of 2.38"] as const;

describe.each(oneOfEach)("on %s, the workspace", (name) => {
  const { coder } = deployments[name];
  const settings = { CODER_TEMPLATE_NAME: "with-presets", ALLOWED_ACCOUNTS: "octo,umbrella" };
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder, settings });
    world.coder.addTemplate({
      name: "with-presets",
      presets: [{ name: "small" }, { name: "large", default: true }],
    });
    await world.runningIssue();
  });
  afterAll(async () => {
    await allWell(world);
    await world.close();
  });

  test("is created with the default preset if none is configured", () => {
    const posts = world.coder.http.calls.filter(
      ({ method, path, status }) =>
        method === "POST" && status === 201 && /\/(tasks\/|workspaces)/.test(path),
    );
    expect(posts[0]?.body).toHaveProperty("template_version_preset_id");
  });

  test("has a hash in its name if the plain name is invalid or belongs to another issue of the same name", async () => {
    world.gitHub.addRepository({ owner: "octo", name: "my.app", permissions: { mona: "write" } });
    world.gitHub.addRepository({ owner: "umbrella", name: "app", permissions: { mona: "write" } });
    const nameOfNewest = () => world.coder.workspaces().at(-1)?.name;
    const names = [nameOfNewest()];
    for (const repo of ["octo/my.app", "umbrella/app"]) {
      const issue = await world.openIssue("One", repo);
      await world.assign(issue);
      await world.untilRunning(issue);
      names.push(nameOfNewest());
    }
    expect(names).toEqual([
      "gh-app-1",
      expect.stringMatching(/^gh-my-app-[0-9a-z]{6}-1$/),
      expect.stringMatching(/^gh-app-[0-9a-z]{6}-1$/),
    ]);
  });

  test("is not created if the configured preset does not exist; the error lists the existing ones", async () => {
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
