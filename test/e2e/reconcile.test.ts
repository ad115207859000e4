import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Delivery } from "../../local/fake-github/webhooks/deliveries.js";
import { deployments } from "./deployments.js";
import { until, World } from "./support.js";

/** `reconcile` finds what GitHub never sent. */
describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("on %s", (name) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder: deployments[name].coder });
  });
  afterAll(() => world.close());

  const reconcile = ({ dryRun = false } = {}) =>
    world.system.invoke("reconcile", { dryRun, minimumAgeSeconds: 0 }) as Promise<{
      outcome: string;
      gaps: { gap: string }[];
    }>;

  /**
   * Returns the gaps that one run closes. Expects that another run finds none, and that neither it nor the late webhooks
   * change anything.
   */
  async function heals(late: readonly Delivery[]): Promise<string[]> {
    const told = await reconcile({ dryRun: true });
    const { outcome, gaps } = await reconcile();
    expect(outcome).toBe("complete");
    expect(gaps.map(({ gap }) => gap)).toEqual(told.gaps.map(({ gap }) => gap));
    await world.idle();
    const before = { agents: world.agents().length, inputs: allInputs() };
    for (const delivery of late) await world.gitHub.send(delivery);
    await world.idle();
    expect(await reconcile()).toMatchObject({ outcome: "complete", gaps: [] });
    const runs = await world.idle();
    expect(runs.filter(({ status }) => status !== "SUCCEEDED")).toEqual([]);
    expect({ agents: world.agents().length, inputs: allInputs() }).toEqual(before);
    return gaps.map(({ gap }) => gap);
  }

  const allInputs = () => world.agents().flatMap(({ inputs }) => inputs.map(({ text }) => text));

  test("a life whose webhooks all got lost still takes place, and nothing happens twice if they arrive late", async () => {
    const { gitHub } = world;
    const by = { by: "mona", deliver: false } as const;
    const issue = await world.openIssue();
    const assigned = await gitHub.assign(issue, { ...by, assignee: gitHub.agentLogin });
    expect(await heals([assigned])).toEqual([
      `octo/app#${issue.number} is assigned to the agent and has no task`,
    ]);
    await world.untilRunning(issue);
    expect(world.agentsFor(issue)).toHaveLength(1);
    expect(world.statusComments(issue)).toHaveLength(1);

    const pull = await world.openPull(issue, { head: "fix" });
    await world.idle();
    const onIssue = await gitHub.comment(issue, { ...by, body: "<on the issue>" });
    const onPull = await gitHub.comment(pull, { ...by, body: "<on the pull request>" });
    const review = await gitHub.review(pull, {
      ...by,
      state: "changes_requested",
      body: "<the review>",
      comments: [{ path: "a.ts", line: 1, body: "<on a line>" }],
    });
    const failed = await gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: "fix",
      headSha: pull.shas[0] ?? "",
      conclusion: "failure",
      jobs: [{ name: "test", conclusion: "failure", log: "##[error]<the log>\n" }],
      deliver: false,
    });
    const other = { repo: "octo/app", headSha: pull.shas[0] ?? "", name: "build", conclusion: "failure" };
    const check = await gitHub.reportCheck({ ...other, ...by, title: "<of other CI>" });
    pull.hasConflict = true;
    const pushed = await gitHub.push({ repo: "octo/app", ...by, files: { "a.ts": "1" } });
    // GitHub computes mergeability only when asked, and this run asks.
    await reconcile({ dryRun: true });
    const stranger = await gitHub.comment(issue, { by: "tim", body: "<of a stranger>", deliver: false });
    const gaps = await heals([onIssue, onPull, ...review, failed, check, pushed, stranger]);
    expect(gaps).toHaveLength(8);
    const told = () => allInputs().join("\n");
    const words = [
      "on the issue",
      "on the pull request",
      "the review",
      "on a line",
      "the log",
      "of other CI",
    ];
    for (const word of words) {
      await until(`the agent gets "${word}"`, () => told().includes(`<${word}>`));
      expect(told().split(`<${word}>`)).toHaveLength(2);
    }
    await until("the agent gets the conflict", () => told().includes("Merge conflict"));
    expect(told().split("Merge conflict")).toHaveLength(2);
    pull.hasConflict = false;
    expect(told()).not.toContain("<of a stranger>");

    const reason = await gitHub.review(pull, { ...by, state: "commented", body: "<why it is closed>" });
    await gitHub.closePull(pull, { by: "mona" });
    await world.idle();
    expect(await heals(reason)).toEqual([
      expect.stringMatching(`octo/app#${pull.number} has a comment .* that the agent did not get`),
    ]);
    await until("the agent gets the reason", () => told().includes("<why it is closed>"));
    await gitHub.reopenPull(pull, { by: "mona" });
    await world.idle();

    const merged = await gitHub.closePull(pull, { ...by, merged: true });
    expect(await heals(merged)).toEqual([
      `octo/app#${issue.number} is closed and has a task`,
      `octo/app#${pull.number} is closed, and its task does not know about it`,
    ]);
    await world.untilStatus(issue, "Completed");
    await world.untilStatus(issue, "(merged)");
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("a comment from before the agent was unassigned and assigned again is found; what was said in between is not for it", async () => {
    const { gitHub } = world;
    const issue = await world.runningIssue();
    const by = { by: "mona", deliver: false } as const;
    /** GitHub's times are in whole seconds. */
    const nextSecond = (after = gitHub.repositories.timestamp()) =>
      until("GitHub's clock ticks", () => gitHub.repositories.timestamp() > after);
    const lost = await gitHub.comment(issue, { ...by, body: "<lost>" });
    await nextSecond();
    await world.unassign(issue);
    await world.idle();
    await gitHub.comment(issue, { by: "mona", body: "<in between>" });
    await nextSecond();
    await world.assign(issue);
    await world.idle();
    expect(await heals([lost])).toEqual([
      expect.stringMatching(`octo/app#${issue.number} has a comment .* that the agent did not get`),
    ]);
    await until("the agent gets it", () => allInputs().join().includes("<lost>"));
    await gitHub.comment(issue, { by: "mona", body: "<afterwards>" });
    await until("the agent gets the next one", () => allInputs().join().includes("<afterwards>"));
    expect(allInputs().join()).not.toContain("<in between>");
    await gitHub.closeIssue(issue, { by: "mona" });
    await world.idle();
  });

  test("a pull request that the agent was given is found, gets what was said, is paused, and ends", async () => {
    const { gitHub } = world;
    const by = { by: "mona", deliver: false } as const;
    const agent = { assignee: gitHub.agentLogin };
    const { pull } = await gitHub.openPull({ repo: "octo/app", by: "mona", head: "monas" });
    const name = `octo/app#${pull.number}`;
    const assigned = await gitHub.assignPull(pull, { ...by, ...agent });
    expect(await heals([assigned])).toEqual([`${name} is assigned to the agent and has no task`]);
    await world.untilRunning(pull.issue);
    await world.idle();
    const said = await gitHub.comment(pull, { ...by, body: "<on mona's>" });
    expect(await heals([said])).toHaveLength(1);
    await until("the agent gets it", () => allInputs().some((text) => text.includes("<on mona's>")));
    const unassigned = await gitHub.unassignPull(pull, { ...by, ...agent });
    expect(await heals([unassigned])).toEqual([`${name} is unassigned and has a task`]);
    await world.untilStatus(pull.issue, "is paused");

    // The payload of a comment in the conversation does not say whose review is requested.
    const reviewer = { reviewer: gitHub.agentLogin };
    const { pull: other } = await gitHub.openPull({ repo: "octo/app", by: "mona", head: "others" });
    const request = await gitHub.requestReview(other, { ...by, ...reviewer });
    const overtaking = await gitHub.comment(other, { ...by, body: "<before the request>" });
    await gitHub.send(overtaking);
    await gitHub.send(request);
    await world.untilRunning(other.issue);
    await world.idle();
    expect(await heals([overtaking, request])).toEqual([
      expect.stringMatching(`octo/app#${other.number} has a comment .* that the agent did not get`),
    ]);
    await until("the agent gets it", () => allInputs().some((text) => text.includes("<before the request>")));

    const requested = await gitHub.requestReview(pull, { ...by, ...reviewer });
    expect(await heals([requested])).toEqual([`${name} asks for the agent's review and has no task`]);
    await world.untilRunning(pull.issue);
    await world.idle();
    const closed = await gitHub.closePull(pull, by);
    expect(await heals(closed)).toEqual([`${name} is closed and has a task`]);
    await world.untilStatus(pull.issue, "Completed");
  });

  test("a config that was pushed, and a schedule that somebody has deleted, get their schedules", async () => {
    const config = `[sandbox]\n[[scheduled_jobs]]\nname = "nightly"\nbranch = "main"\nschedule = "0 3 * * *"\nprompt = "Sweep."\n`;
    const files = { ".code-factory/config.toml": config };
    const pushed = await world.gitHub.push({ repo: "octo/app", by: "mona", files, deliver: false });
    const names = () => world.system.scheduler.list().map(({ name }) => name);
    expect(await heals([])).toEqual(["octo/app has schedules that differ from its config"]);
    expect(names()).toEqual([expect.stringMatching(/^\d+\.nightly$/)]);
    await world.gitHub.send(pushed);
    await world.idle();
    expect(names()).toHaveLength(1);
  });
});
