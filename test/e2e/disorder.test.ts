import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { until, World } from "./support.js";

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

/** An assignment and a close of one issue that have happened, but whose deliveries are still on their way. */
async function assignedAndClosed() {
  const issue = await world.openIssue();
  const assigned = await world.gitHub.assign(issue, {
    by: "mona",
    assignee: world.gitHub.agentLogin,
    deliver: false,
  });
  const closed = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
  return { issue, assigned, closed };
}

describe("a close and its assignment", () => {
  test.each([0, 1, 5, 10, 20, 40])("%i ms apart leave no task", async (ms) => {
    for (const order of ["assigned first", "closed first"]) {
      const { issue, assigned, closed } = await assignedAndClosed();
      const [first, second] = order === "assigned first" ? [assigned, closed] : [closed, assigned];
      const sending = world.gitHub.send(first);
      const start = Date.now();
      await until("some milliseconds are over", () => Date.now() - start >= ms);
      await Promise.all([sending, world.gitHub.send(second)]);

      const ends = await world.idle();
      expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
      expect(world.coder.tasks()).toEqual([]);
      const said = world.statusComments(issue);
      expect(said.length).toBeLessThanOrEqual(1);
      for (const body of said) expect(body).toContain("Completed");
    }
  });

  test("in the wrong order and long apart leave no task, for GitHub says that the issue is closed", async () => {
    const { issue, assigned, closed } = await assignedAndClosed();
    await world.gitHub.send(closed);
    await world.idle();
    await world.gitHub.send(assigned);
    await world.idle();
    expect(world.coder.tasks()).toEqual([]);
    expect(world.statusComments(issue)).toEqual([]);
  });

  test("that was late does not delete the task of an issue that is open again", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const closed = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
    await world.gitHub.reopenIssue(issue, { by: "mona" });
    await world.idle();
    await world.gitHub.send(closed);
    await world.idle();
    expect(world.coder.tasks()).toHaveLength(1);
    await world.untilStatus(issue, "is running");
  });
});

describe("assignments at once", () => {
  test("end with one task, one record and one status comment", async () => {
    for (let round = 0; round < 5; round++) {
      const issue = await world.openIssue();
      const { payload } = await world.gitHub.assign(issue, {
        by: "mona",
        assignee: world.gitHub.agentLogin,
        deliver: false,
      });
      const before = world.coder.tasks().length;
      await Promise.all([1, 2, 3].map(() => world.gitHub.deliver("issues", payload)));
      const ends = await world.idle();
      expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
      expect(world.coder.tasks()).toHaveLength(before + 1);
      expect(world.statusComments(issue)).toHaveLength(1);
      expect(await world.untilStatus(issue, "is running")).toContain(`gh-app-${issue.number}`);
    }
  });

  test("by two people end with one task of one of them", async () => {
    const lisa = world.gitHub.addUser({ login: "lisa" });
    world.coder.addUser({ username: "lisa-c", githubId: lisa.id });
    world.gitHub.addRepository({ owner: "octo", name: "duo", permissions: { mona: "write", lisa: "admin" } });
    const { issue } = await world.gitHub.openIssue({ repo: "octo/duo", by: "mona", title: "Both want it" });
    const assignee = world.gitHub.agentLogin;
    const one = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    const two = await world.gitHub.assign(issue, { by: "lisa", assignee, deliver: false });
    await Promise.all([world.gitHub.send(one), world.gitHub.send(two)]);
    await world.idle();
    expect(world.coder.tasks()).toHaveLength(1);
    expect(world.statusComments(issue)).toHaveLength(1);
  });
});
