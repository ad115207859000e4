import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import { deployments } from "./deployments.js";
import { until, World } from "./support.js";

let world: World;
beforeEach(async () => {
  // A day of waiting takes some seconds.
  world = await World.start({ coder: deployments["Tasks of 2.34"].coder, timeScale: 0.00002 });
});
afterEach(() => world.close());

test("the relay waits for an agent that is busy for days, and the issue says so after the first day; a merge that leaves the issue open pauses no such agent", async () => {
  const issue = await world.runningIssue();
  const task = world.agentOf(issue) as FakeTask;
  const { gitHub } = world;
  const { pull } = await gitHub.openPull({
    repo: "octo/app",
    by: gitHub.agentLogin,
    head: "fix",
    base: "next",
    body: `Part of #${issue.number}`,
  });
  await world.untilStatus(issue, "(open)");
  task.holdBusy();
  await gitHub.closePull(pull, { by: "mona", merged: true });
  await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  expect(await world.untilStatus(issue, "for more than a day")).toMatch(/agent is running.*A message waits/s);
  await until("two drains have waited for a day each", () => world.executions("drain-inbox").length > 2);
  expect(task.inputs).toEqual([]);

  task.release();
  await until("the agent gets the message", () => task.inputs.length > 0);
  expect(task.inputs.map(({ text }) => text)).toEqual([expect.stringContaining("Use the new parser.")]);
  await until("the status comment is as before", () =>
    world.statusComments(issue).every((body) => !body.includes("a day")),
  );
  const ends = (await world.idle()).filter(({ name }) => name.startsWith("track-pull"));
  expect(ends.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  expect(task.status).toBe("active");
  const drains = world.executions("drain-inbox");
  expect(drains.map(({ status }) => status)).toEqual(drains.map(() => "SUCCEEDED"));
  for (const { executionArn } of drains) {
    expect(world.system.engine.history(executionArn).length).toBeLessThan(6000);
  }
});
