import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { NewPush } from "../../local/fake-github/contents/push.js";
import type { SystemOptions } from "../../local/system/system.js";
import { allWell, fire } from "./repo-work.js";
import { until, World } from "./support.js";

const path = ".code-factory/config.toml";

const job = (name: string, { words = "Update", more = "" } = {}) => `
[[scheduled_jobs]]
name = "${name}"
branch = "main"
schedule = "0 3 1 1 *"
prompt = "${words} the dependencies of ${name}."
${more}
`;

let clock = Date.parse("2026-01-01T03:00:00Z");
/** The next scheduled time. */
const nextTime = () => {
  clock += 86_400_000;
  return new Date(clock).toISOString().replace(".000", "");
};

/** A world in which mona, zoe and mallory may write to `octo/app`. */
async function startWorld(
  version: "2.34" | "2.38",
  settings: SystemOptions["settings"] = { CODER_SERVICE_USER: "factory", JOB_OWNERS: "Boss" },
): Promise<World> {
  const world = await World.start({
    coder: { version },
    settings: { CODER_CHAT_IDENTITY: "requester", ...settings },
  });
  world.coder.addTemplate({ name: "code-factory" });
  world.coder.addUser({ username: "factory" });
  for (const login of ["zoe", "mallory", "boss"]) {
    const { id } = world.gitHub.addUser({ login });
    world.coder.addUser({ username: `${login}-c`, githubId: id });
    allowTo(world, login, "write");
  }
  return world;
}

function allowTo(world: World, login: string, role: "write" | "read"): void {
  world.gitHub.repositories.get("octo/app").permissions.set(login, role);
}

const push = (world: World, by: string, text: string, more: Partial<NewPush> = {}) =>
  world.gitHub.push({ repo: "octo/app", by, files: { [path]: text }, ...more });

const promptOf = (agent: FakeTask | FakeChat): string =>
  "initialPrompt" in agent ? agent.initialPrompt : agent.prompt;

function agentsOf(world: World, name: string): (FakeTask | FakeChat)[] {
  return world.agents().filter((agent) => promptOf(agent).includes(`JOB_NAME: ${name}`));
}

const issuesOf = (world: World, name: string) =>
  world.gitHub.issuesOf("octo/app").filter(({ title }) => title.includes(name));

const checkRunOf = (world: World, sha: string) =>
  world.gitHub.checkRuns.all.find(({ headSha }) => headSha === sha);

/** Makes the job due; returns the owners of its agents in Coder. */
async function ownersWhenDue(world: World, name: string): Promise<string[]> {
  await allWell(world);
  fire(world, name, nextTime());
  await allWell(world);
  return agentsOf(world, name).map(({ owner }) => owner);
}

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("a job's owner, on %s", (_, version) => {
  let world: World;
  let name = "";
  let jobs = 0;
  beforeAll(async () => {
    world = await startWorld(version);
  });
  afterAll(() => world.close());
  beforeEach(() => {
    jobs += 1;
    name = `nightly-${jobs}`;
    allowTo(world, "zoe", "write");
  });

  test("is the person who pushed it, as the check run says", async () => {
    const { sha } = await push(world, "zoe", job(name));
    expect(await ownersWhenDue(world, name)).toEqual(["zoe-c"]);
    expect(checkRunOf(world, sha)).toMatchObject({ conclusion: "success" });
    expect(checkRunOf(world, sha)?.output.summary).toContain("It works as `zoe`.");
  });

  test("changes only with a push that changes the job, not with other pushes", async () => {
    await push(world, "zoe", job(name));
    await push(world, "mallory", `sandbox.size = "large"\n${job(name)}${job("other")}`);
    expect(await ownersWhenDue(world, name)).toEqual(["zoe-c"]);
    await push(world, "mallory", job(name, { words: "Renew" }));
    expect(await ownersWhenDue(world, name)).toEqual(["mallory-c"]);
  });

  test("is right even if the pushes are delivered late", async () => {
    await push(world, "zoe", "");
    const late = await push(world, "mallory", job(name), { deliver: false });
    await push(world, "zoe", `harness.provider = "codex"\n${job(name)}`);
    expect(await ownersWhenDue(world, name)).toEqual(["factory"]);
    await world.gitHub.deliver("push", late.payload);
    expect(await ownersWhenDue(world, name)).toEqual(["mallory-c"]);
  });

  test("is the person who adds the job again after another has removed it", async () => {
    await push(world, "zoe", job(name));
    await push(world, "zoe", "");
    await push(world, "mallory", job(name));
    expect(await ownersWhenDue(world, name)).toEqual(["mallory-c"]);
  });

  test("is not a person who fixes a fault that somebody else pushed", async () => {
    await push(world, "zoe", job(name));
    await allWell(world);
    await push(world, "mallory", `sandbox = 1\n${job(name, { words: "Steal" })}`);
    await allWell(world);
    await push(world, "zoe", job(name, { words: "Steal" }));
    expect(await ownersWhenDue(world, name)).toEqual(["factory"]);
  });

  test("is the person who fixes a fault of their own push", async () => {
    await push(world, "zoe", `sandbox = 1\n${job(name)}`);
    await allWell(world);
    await push(world, "zoe", `sandbox = 2\n${job(name)}`);
    await allWell(world);
    await push(world, "zoe", job(name));
    expect(await ownersWhenDue(world, name)).toEqual(["zoe-c"]);
  });

  test("cannot be chosen in the file: the check run and an issue say so", async () => {
    const { sha } = await push(world, "mallory", job(name, { more: 'owner = "zoe"' }));
    expect(await ownersWhenDue(world, name)).toEqual([]);
    expect(checkRunOf(world, sha)).toMatchObject({ conclusion: "failure" });
    expect(checkRunOf(world, sha)?.output.summary).toContain("JOB_OWNERS");
    const [issue] = issuesOf(world, name);
    expect(issue).toMatchObject({ state: "open", body: expect.stringContaining("JOB_OWNERS") });
    expect(issue?.body).not.toContain("zoe");

    await push(world, "zoe", job(name, { more: 'owner = "zoe"\n# mine' }));
    expect(await ownersWhenDue(world, name)).toEqual([]);
    await push(world, "zoe", job(name, { words: "Renew", more: 'owner = "zoe"' }));
    expect(await ownersWhenDue(world, name)).toEqual(["zoe-c"]);
    expect(issuesOf(world, name)).toMatchObject([{ state: "closed" }]);
  });

  test("may be a person with write permission whom the operator has allowed", async () => {
    await push(world, "mallory", job(name, { more: 'owner = "boss"' }));
    expect(await ownersWhenDue(world, name)).toEqual(["boss-c"]);
    allowTo(world, "boss", "read");
    await push(world, "mallory", job(`${name}-b`, { more: 'owner = "boss"' }));
    expect(await ownersWhenDue(world, `${name}-b`)).toEqual([]);
    allowTo(world, "boss", "write");
  });

  test("must have write permission when the push is synced and when the job is due", async () => {
    await push(world, "zoe", job(name));
    await allWell(world);
    allowTo(world, "zoe", "read");
    expect(await ownersWhenDue(world, name)).toEqual([]);
    expect(issuesOf(world, name)).toMatchObject([{ body: expect.stringContaining("write permission") }]);

    await push(world, "zoe", job(`${name}-b`));
    await allWell(world);
    allowTo(world, "zoe", "write");
    expect(await ownersWhenDue(world, `${name}-b`)).toEqual([]);
  });

  test("is not an account that has taken over the login of the person who pushed it", async () => {
    const { id } = world.gitHub.addUser({ login: "leaver" });
    world.coder.addUser({ username: `leaver-${jobs}`, githubId: id });
    allowTo(world, "leaver", "write");
    await push(world, "leaver", job(name));
    await allWell(world);
    world.gitHub.addUser({ login: "leaver" });
    expect(await ownersWhenDue(world, name)).toEqual([]);
  });

  test("is the service user if a bot has pushed it or its author is unknown", async () => {
    await push(world, "renovate[bot]", job(name));
    expect(await ownersWhenDue(world, name)).toEqual(["factory"]);
    await push(world, "zoe", job(`${name}-b`), { deliver: false });
    expect(await ownersWhenDue(world, `${name}-b`)).toEqual(["factory"]);
  });

  test("of a changed job gets a new agent, so that no agent gets a prompt that another person pushed", async () => {
    await push(world, "zoe", job(name));
    await allWell(world);
    fire(world, name, nextTime());
    const agent = await until("there is an agent", () => agentsOf(world, name)[0]);
    await allWell(world);
    agent.holdBusy();
    await push(world, "mallory", job(name, { words: "Steal" }));
    expect(await ownersWhenDue(world, name)).toEqual(["mallory-c"]);
    expect(agent.inputs).toEqual([]);
  });
});

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("without a service user, on %s", (_, version) => {
  const rule = '[[on_event.failed_run]]\nworkflows = ["CI"]\nbranches = ["main"]\n';

  test.each([
    ["none is set", {}],
    ["it is the token's user, a site Owner", { CODER_SERVICE_USER: "relay-bot" }],
    ["Coder has no such user", { CODER_SERVICE_USER: "nobody" }],
  ])("work without a person is refused with a remedy: %s", async (_case, settings) => {
    const world = await startWorld(version, settings);
    const { sha } = await push(world, "renovate[bot]", `${job("nightly")}${rule}`);
    expect(await ownersWhenDue(world, "nightly")).toEqual([]);
    await world.gitHub.completeRun({
      repo: "octo/app",
      by: "mona",
      workflow: "CI",
      branch: "main",
      headSha: sha,
      event: "push",
      conclusion: "failure",
      jobs: [],
    });
    await allWell(world);
    expect(world.agents()).toEqual([]);
    const [nightly, ...others] = issuesOf(world, "nightly");
    expect(others).toEqual([]);
    expect(nightly?.body).toContain("CODER_SERVICE_USER");
    expect(issuesOf(world, "CI on main")).toMatchObject([
      { body: expect.stringContaining("CODER_SERVICE_USER") },
    ]);
    for (const { body } of world.gitHub.issuesOf("octo/app"))
      expect(body).not.toMatch(/relay-bot|nobody\b.*user/);
    const isUnset = !("CODER_SERVICE_USER" in settings);
    expect(checkRunOf(world, sha)?.conclusion).toBe(isUnset ? "failure" : "success");
    if (isUnset) {
      expect(checkRunOf(world, sha)?.output.summary).toContain("CODER_SERVICE_USER");
      expect(world.logs.some((line) => line.includes("there is nobody on whose behalf it may be done"))).toBe(
        true,
      );
    }
    // Work that people request needs no service user.
    const issue = await world.runningIssue();
    expect(world.agentOf(issue).owner).toBe("mona-c");
    await world.close();
  });
});

test("a chat without a requester belongs to the service user, even if other chats belong to the bot", async () => {
  const world = await startWorld("2.38", { CODER_CHAT_IDENTITY: "bot", CODER_SERVICE_USER: "factory" });
  await push(world, "renovate[bot]", job("nightly"));
  expect(await ownersWhenDue(world, "nightly")).toEqual(["factory"]);
  await push(world, "zoe", job("weekly"));
  expect(await ownersWhenDue(world, "weekly")).toEqual(["relay-bot"]);
  expect(world.coder.mintedTokens()).toEqual([]);
  await world.close();
});

test("a bot that is not a site Owner may itself be the service user", async () => {
  const world = await startWorld("2.38", { CODER_CHAT_IDENTITY: "bot", CODER_SERVICE_USER: "relay-bot" });
  world.coder.setTokenRole("member");
  await push(world, "renovate[bot]", job("nightly"));
  expect(await ownersWhenDue(world, "nightly")).toEqual(["relay-bot"]);
  await world.close();
});
