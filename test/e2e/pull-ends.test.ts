import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Pull } from "../../local/fake-github/pulls/pull.js";
import { deployments } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { until, World } from "./support.js";

describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("the agent's pull request, on %s", (name) => {
  const { coder, pauses } = deployments[name];
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder });
    const { gitHub } = world;
    gitHub.addRepository({ owner: "octo", name: "lib", permissions: { mona: "write" } });
    // A pull request in another repository counts if its author may write in the task's repository.
    gitHub.repositories.get("octo/app").permissions.set(gitHub.agentLogin, "write");
  });
  afterAll(() => world.close());

  const link = (pull: Pull) => `[#${pull.number}](https://github.com/octo/app/pull/${pull.number})`;

  test("is in the status comment with its state, in any order of deliveries, until its merge closes the issue", async () => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue, { draft: true });
    await world.untilStatus(issue, `Pull request: ${link(pull)} (draft)`);
    const ready = await world.gitHub.setDraft(pull, { by: "mona", draft: false });
    await world.untilStatus(issue, `Pull request: ${link(pull)} (open)`);
    const draft = await world.gitHub.setDraft(pull, { by: "mona", draft: true, deliver: false });
    await world.gitHub.setDraft(pull, { by: "mona", draft: false, deliver: false });
    // Both arrive late and the first one twice. GitHub is asked, so nothing changes.
    await world.gitHub.send(draft);
    await world.gitHub.redeliver(ready.guid);
    const second = await world.openPull(issue, {
      head: "another",
      closes: [],
      body: `Part of #${issue.number}`,
    });
    const both = `Pull requests: ${link(pull)} (open), ${link(second)} (open)`;
    await world.untilStatus(issue, both);
    await allWell(world);
    expect(world.statusComments(issue)).toEqual([expect.stringContaining(both)]);

    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    const ended = `Pull requests: ${link(pull)} (merged), ${link(second)} (open)`;
    await world.untilStatus(issue, "Completed");
    await world.untilStatus(issue, ended);
    await world.gitHub.closePull(second, { by: "mona" });
    await world.untilStatus(issue, `(merged), ${link(second)} (closed)`);
    await allWell(world);
    expect(world.statusComments(issue)).toEqual([expect.stringMatching(/Completed/)]);
  });

  const texts = (issue: Issue) => world.agentOf(issue).inputs.map(({ text }) => text);
  const told = (issue: Issue, text: string) =>
    until(`the agent gets "${text}"`, () => texts(issue).find((input) => input.includes(text)));

  test("that is closed without merging or reopened tells the agent once by whom, unless the agent did it or the state has changed again", async () => {
    const { gitHub } = world;
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue);
    const [closed] = await gitHub.closePull(pull, { by: "mona" });
    const message = await told(issue, `octo/app#${pull.number} was closed without merging by mona`);
    expect(message).toContain(`URL: https://github.com/octo/app/pull/${pull.number}`);
    await gitHub.redeliver(closed?.guid ?? "");
    await gitHub.reopenPull(pull, { by: "tim" });
    await told(issue, `octo/app#${pull.number} was reopened by tim`);
    await world.untilStatus(issue, `${link(pull)} (open)`);

    const [late] = await gitHub.closePull(pull, { by: "mona", deliver: false });
    const reopened = await gitHub.reopenPull(pull, { by: gitHub.agentLogin });
    if (late) await gitHub.send(late);
    await gitHub.redeliver(reopened.guid);
    await allWell(world);
    await gitHub.closePull(pull, { by: gitHub.agentLogin });
    await world.untilStatus(issue, `${link(pull)} (closed)`);
    await allWell(world);
    expect(texts(issue)).toHaveLength(2);
    expect(world.haveEntered("track-pull", "Pause task")).toBe(0);
  });

  /** Waits until this many more looks have seen the agent at work. */
  const untilSeenAtWork = async (looks = 2) => {
    const seen = () =>
      world
        .executions("track-pull")
        .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
        .filter(({ taskFailedEventDetails: failed }) => failed?.error === "AgentStillBusyError").length;
    const before = seen();
    await until("the agent is seen at work", () => seen() >= before + looks);
  };
  const paused = "Its last pull request was merged, and this issue is still open. Comment here";

  test("whose merge leaves the issue open pauses the task if it was the last one, after the agent's turn, until somebody comments", async () => {
    const { gitHub } = world;
    const issue = await world.runningIssue();
    const agent = world.agentOf(issue);
    const first = await world.openPull(issue, { base: "next", head: "first" });
    const second = await world.openPull(issue, { base: "next", head: "second" });
    await gitHub.closePull(first, { by: "mona", merged: true });
    await world.untilStatus(issue, `${link(first)} (merged), ${link(second)} (open)`);
    agent.holdBusy();
    await gitHub.closePull(second, { by: "mona", merged: true });
    await world.untilStatus(issue, `${link(first)} (merged), ${link(second)} (merged)`);
    await untilSeenAtWork();
    expect(world.statusComments(issue)[0]).not.toContain("paused");
    expect(agent.status).toMatch(/active|running/);
    agent.release();
    await world.untilStatus(issue, paused);
    if (pauses) await until("its workspace is paused", () => agent.status === "paused");
    await allWell(world);
    expect(world.statusComments(issue)).toEqual([expect.stringContaining("The task is paused.")]);

    await gitHub.comment(issue, { by: "mona", body: "Now the docs, please." });
    await told(issue, "Now the docs, please.");
    await world.untilRunning(issue);
    await allWell(world);
    expect(world.statusComments(issue)[0]).not.toContain(paused);
    await gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell(world);
  });

  if (pauses) {
    test("whose merge leaves the issue open pauses the task of an agent that reports no state, after its turn", async () => {
      const issue = await world.runningIssue();
      const agent = world.agentOf(issue) as FakeTask;
      const pull = await world.openPull(issue, { base: "next" });
      agent.setAgentState(null);
      agent.holdBusy();
      await world.gitHub.closePull(pull, { by: "mona", merged: true });
      await untilSeenAtWork(8);
      expect(agent.status).toBe("active");
      agent.release();
      await world.untilStatus(issue, paused);
      await until("its workspace is paused", () => agent.status === "paused");
      await allWell(world);
      expect(texts(issue)).toEqual([]);
    });

    test("whose task is being paused while somebody comments gets the comment after that, so no turn is cut off", async () => {
      const { gitHub, coder: server, logs } = world;
      const issue = await world.runningIssue();
      const pull = await world.openPull(issue, { base: "next" });
      const looks = () => logs.filter((line) => line.includes("an earlier send was looked up")).length;
      const before = looks();
      let toldBefore: string[] | undefined;
      const hold = async () => {
        await gitHub.comment(issue, { by: "mona", body: "Wait, one more thing." });
        await until("a drain finds the inbox locked", () => looks() > before);
        toldBefore = texts(issue);
      };
      server.http.fail({ method: "POST", path: /\/pause$/, hold });
      await gitHub.closePull(pull, { by: "mona", merged: true });
      await told(issue, "Wait, one more thing.");
      await allWell(world);
      expect(toldBefore).toEqual([]);
      expect(world.statusComments(issue)[0]).not.toContain(paused);
    });
  }

  test("in another repository is linked by its full name, and pauses the task once it is merged", async () => {
    const issue = await world.runningIssue();
    const body = `Part of octo/app#${issue.number}`;
    const pull = await world.openPull(issue, { repo: "octo/lib", closes: [], body });
    const linked = `Pull request: [octo/lib#${pull.number}](https://github.com/octo/lib/pull/${pull.number})`;
    await world.untilStatus(issue, `${linked} (open)`);
    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    await world.untilStatus(issue, `${linked} (merged)`);
    await world.untilStatus(issue, paused);
    await allWell(world);
  });

  test("whose merge is followed by another pull request before the agent is at rest pauses nothing; nor does one that closes the issue, or whose issue is unassigned", async () => {
    const { gitHub } = world;
    for (const moot of [
      (issue: Issue) => world.openPull(issue, { base: "next", head: "more" }),
      (issue: Issue) => gitHub.closeIssue(issue, { by: "mona" }),
      (issue: Issue) => world.unassign(issue),
    ]) {
      const issue = await world.runningIssue();
      const agent = world.agentOf(issue);
      const pull = await world.openPull(issue, { base: "next" });
      agent.holdBusy();
      await gitHub.closePull(pull, { by: "mona", merged: true });
      await untilSeenAtWork(1);
      await moot(issue);
      await until("nothing waits for the agent", () =>
        world.executions("track-pull").every(({ status }) => status !== "RUNNING"),
      );
      await allWell(world);
      expect(world.statusComments(issue)).toEqual([expect.not.stringContaining(paused)]);
    }
  });
});
