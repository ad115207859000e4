import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { flowArn } from "../local-system.js";
import { asRequester, deployments } from "./deployments.js";
import { until, World } from "./support.js";

const oneOfEach = ["Tasks of 2.34", "Chats of 2.38"] as const;

/** Waits until no execution runs; all must have succeeded. */
async function allWell(world: World): Promise<void> {
  for (const { name, status, cause } of await world.idle())
    expect([name, cause ?? status]).toEqual([name, "SUCCEEDED"]);
}

/** All messages to agents, without their first prompts. */
const told = (world: World) =>
  world
    .agents()
    .flatMap(({ inputs }) => inputs.map(({ text }) => text))
    .join("\n");

describe.each(oneOfEach)("on %s", (name) => {
  let world: World;
  beforeAll(async () => {
    const { coder, settings } = asRequester(deployments[name]);
    world = await World.start({
      ...(coder && { coder }),
      settings: {
        ...settings,
        ALLOWED_ACCOUNTS: "octo,Umbrella",
        ALLOWED_BOTS: "hubot",
        CODER_USER_MAP: "kim=kim-c,hubot[bot]=hubot-c",
      },
    });
    for (const username of ["kim-c", "hubot-c"]) world.coder.addUser({ username });
    world.gitHub.addUser({ login: "hubot[bot]", type: "Bot" });
    for (const owner of ["umbrella", "stranger"]) {
      world.gitHub.addRepository({ owner, name: "lib", permissions: { mona: "write" } });
    }
  });
  afterAll(() => world.close());

  describe("people are identified by their ids", () => {
    function mayWrite(login: string) {
      world.gitHub.repositories.get("octo/app").permissions.set(login.toLowerCase(), "write");
    }

    async function assignedBy(by: string) {
      const issue = await world.openIssue();
      await world.assign(issue, by);
      await allWell(world);
      return issue;
    }

    test("a person with the same name as an allowed bot, or as one in CODER_USER_MAP, is not the bot", async () => {
      world.gitHub.addUser({ login: "hubot", type: "User" });
      const stranger = await assignedBy("hubot");
      await world.untilStatus(stranger, "hubot may not assign the agent here");
      mayWrite("hubot");
      const writer = await assignedBy("hubot");
      await world.untilStatus(writer, 'ask an operator to add "hubot=CODERUSER"');
      expect([world.agent(stranger), world.agent(writer)]).toEqual([undefined, undefined]);

      const bot = await assignedBy("hubot[bot]");
      expect(world.agentOf(bot).owner).toBe("hubot-c");
    });

    test("a person who takes over a login in CODER_USER_MAP does not get its Coder user; the previous holder keeps it", async () => {
      mayWrite("kim");
      expect(world.agentOf(await assignedBy("kim")).owner).toBe("kim-c");
      world.gitHub.renameUser("kim", "kimberly");
      world.gitHub.addUser({ login: "kim" });
      mayWrite("kim");
      const taken = await assignedBy("kim");
      await world.untilStatus(taken, "no Coder user is linked to this GitHub account");
      expect(world.agent(taken)).toBeUndefined();
      expect(world.agentOf(await assignedBy("kimberly")).owner).toBe("kim-c");
    });

    test("a person who changes their login between an event and its check keeps their own rights, and gets nobody else's", async () => {
      const ann = world.gitHub.addUser({ login: "ann" });
      world.coder.addUser({ username: "ann-c", githubId: ann.id });
      mayWrite("ann");
      world.gitHub.addUser({ login: "eve" });
      const assigned = async (by: string) => {
        const issue = await world.openIssue();
        const { agentLogin: assignee } = world.gitHub;
        return world.gitHub.assign(issue, { by, assignee, deliver: false });
      };
      const anns = await assigned("ann");
      const eves = await assigned("eve");
      world.gitHub.renameUser("eve", "evelyn");
      world.gitHub.renameUser("ann", "eve");
      await Promise.all([world.gitHub.send(anns), world.gitHub.send(eves)]);
      await allWell(world);
      expect(world.agentOf(anns.issue).owner).toBe("ann-c");
      await world.untilStatus(eves.issue, "eve may not assign the agent here");
      expect(world.agent(eves.issue)).toBeUndefined();
    });

    test("an account that takes over the agent's login is not the agent; the agent keeps its role under any login", async () => {
      const issue = await world.runningIssue();
      const { agentLogin } = world.gitHub;
      world.gitHub.renameUser(agentLogin, "agent-of-old");
      world.gitHub.addUser({ login: agentLogin });

      const other = await world.openIssue();
      const taken = await world.gitHub.assign(other, { by: "mona", assignee: agentLogin });
      expect(taken).toMatchObject({
        status: 200,
        body: expect.stringContaining("the assignee is not the agent"),
      });
      const own = await world.gitHub.assign(other, { by: "mona", assignee: "agent-of-old" });
      expect(own.status).toBe(202);
      await world.untilRunning(other);

      const pullOf = (by: string) =>
        world.gitHub.openPull({ repo: "octo/app", by, head: `fix-${by}`, closes: [issue.number] });
      const [planted, real] = [await pullOf(agentLogin), await pullOf("agent-of-old")];
      await world.gitHub.comment(planted.pull, { by: "mona", body: "under the planted one" });
      await world.gitHub.comment(real.pull, { by: "mona", body: "under the real one" });
      await until("the agent gets the message", () => told(world).includes("under the real one"));
      await allWell(world);
      expect(told(world)).not.toContain("under the planted one");

      const failed = await world.gitHub.completeRun({
        repo: "octo/app",
        workflow: "CI",
        branch: `fix-${agentLogin}`,
        headSha: planted.pull.shas.at(-1) ?? "",
        conclusion: "failure",
      });
      expect(failed.status).toBe(202);
      await allWell(world);
      expect(told(world)).not.toContain("Failed workflow run");

      world.gitHub.renameUser(agentLogin, "planted");
      world.gitHub.renameUser("agent-of-old", agentLogin);
    });
  });

  describe("served installations", () => {
    async function assigned(repo: string) {
      const { issue } = await world.gitHub.openIssue({ repo, by: "mona", title: "One" });
      const { agentLogin: assignee } = world.gitHub;
      return { issue, delivery: await world.gitHub.assign(issue, { by: "mona", assignee }) };
    }

    test("are those of the configured accounts; others are skipped with 200 and a log line", async () => {
      const { issue, delivery } = await assigned("stranger/lib");
      expect(delivery).toMatchObject({ status: 200, body: expect.stringContaining("ALLOWED_ACCOUNTS") });
      await until("it is logged", () =>
        world.logs.some((line) => line.includes("The account is not served")),
      );
      const invited = await assigned("umbrella/lib");
      expect(invited.delivery.status).toBe(202);
      await world.untilRunning(invited.issue);
      await allWell(world);
      expect(world.statusComments(issue)).toEqual([]);
      expect(world.agentsFor(invited.issue)).toHaveLength(1);
    });

    test("exclude other accounts: their config creates no schedule, and neither an installation nor a comment starts a run", async () => {
      const path = ".code-factory/config.toml";
      const job =
        '[[scheduled_jobs]]\nname = "a"\nbranch = "main"\nschedule = "0 5 1 1 *"\nprompt = "Do it"\n';
      const runs = world.system.engine.list().length;
      const { issue } = await assigned("stranger/lib");
      const { installationId } = world.gitHub.repositories.get("stranger/lib");
      const answers = [
        await world.gitHub.push({ repo: "stranger/lib", by: "mona", files: { [path]: job } }),
        await world.gitHub.comment(issue, { by: "mona", body: "Hello" }),
        await world.gitHub.installations.unsuspend(installationId ?? 0, { by: "mona" }),
        await world.gitHub.completeRun({
          repo: "stranger/lib",
          workflow: "CI",
          branch: "main",
          headSha: "a".repeat(40),
          conclusion: "failure",
        }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      await world.idle();
      expect(world.system.engine.list()).toHaveLength(runs);
      expect(world.system.scheduler.list()).toEqual([]);
    });

    test("exclude jobs that become due elsewhere, and runs that were started there before", async () => {
      const agents = world.agents().length;
      const { id, installationId, name: repo } = world.gitHub.repositories.get("stranger/lib");
      const { payload } = await world.gitHub.openIssue({
        repo: "stranger/lib",
        by: "mona",
        title: "Two",
        deliver: false,
      });
      const repository = { id, owner: "stranger", name: repo, private: false };
      const event = { installation: installationId, repository, at: "2026-01-01T00:00:00Z" };
      const delivery = randomUUID();
      const sender = { id: 1, login: "mona", type: "User" };
      const { number, html_url: url } = payload.issue as { number: number; html_url: string };
      const issue = { number, title: "Two", url, comments: 0 };
      const start = (flow: "create-task" | "forward-comment", input: object) =>
        world.system.engine.start(flowArn(flow), randomUUID(), JSON.stringify({ event: input }));
      start("create-task", { ...event, type: "job_due", delivery: event.at, job: { name: "a" } });
      start("create-task", { ...event, type: "task_requested", delivery, sender, issue });
      await allWell(world);
      expect(world.agents()).toHaveLength(agents);
      expect(
        world.gitHub.issuesOf("stranger/lib").map((one) => world.statusComments(one)),
      ).not.toContainEqual([expect.anything()]);

      // An execution that is redriven at a later state does not check the account again.
      const claim = await world.system.invoke("claim-work", {
        execution: "by hand",
        event: {
          ...event,
          repository: { ...repository, ownerId: world.gitHub.repositories.get("stranger/lib").owner.id },
          type: "task_requested",
          delivery,
          sender,
          issue,
        },
      });
      expect(claim).toMatchObject({ outcome: "nothing", intent: null });
      const plan = { outcome: "planned", detail: "", requester: sender, factory: null, prompt: "" };
      const served = { ...repository, ownerId: world.gitHub.repositories.get("stranger/lib").owner.id };
      const created = await world.system.invoke("create-task", {
        execution: "by hand",
        event: { ...event, repository: served, type: "task_requested", delivery, sender, issue },
        intent: 1,
        plan,
      });
      expect(created).toMatchObject({ outcome: "superseded" });
      expect(world.agents()).toHaveLength(agents);
    });

    test("are identified by account id: an account stays served under another login, and whoever takes over its old login is not served", async () => {
      expect((await assigned("umbrella/lib")).delivery.status).toBe(202);
      await allWell(world);
      world.gitHub.renameUser("umbrella", "umbrella-corp");
      world.gitHub.addUser({ login: "umbrella", type: "Organization" });
      world.gitHub.addRepository({ owner: "umbrella", name: "lib", permissions: { mona: "write" } });
      expect((await assigned("umbrella/lib")).delivery).toMatchObject({
        status: 200,
        body: expect.stringContaining("not served"),
      });
      expect((await assigned("umbrella-corp/lib")).delivery.status).toBe(202);
      await allWell(world);
      world.gitHub.renameUser("umbrella", "umbrella-taker");
      world.gitHub.renameUser("umbrella-corp", "umbrella");
    });
  });
});

test("without the setting, only the account that owns the App is served", async () => {
  const world = await World.start({ gitHub: { appOwner: "umbrella" } });
  try {
    world.gitHub.addRepository({ owner: "umbrella", name: "lib", permissions: { mona: "write" } });
    const answers = [];
    for (const repo of ["octo/app", "umbrella/lib", "octo/app", "umbrella/lib"]) {
      const { issue } = await world.gitHub.openIssue({ repo, by: "mona", title: "One" });
      answers.push(
        (await world.gitHub.assign(issue, { by: "mona", assignee: world.gitHub.agentLogin })).status,
      );
    }
    expect(answers).toEqual([200, 202, 200, 202]);
    await allWell(world);
    // The container has cached the answer.
    const asked = world.gitHub.http.calls.filter(({ path }) => path === "/app" || path.startsWith("/users/"));
    expect(asked.map(({ path }) => path)).toEqual(["/app", "/users/coder-agent"]);
  } finally {
    await world.close();
  }
});
