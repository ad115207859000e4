import { afterEach, expect, test } from "@jest/globals";
import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import { flowOf } from "../../local/system/system.js";
import { deployments } from "./deployments.js";
import { until, World } from "./support.js";

/*
 * The cost of an issue's life in Step Functions, which bills state transitions, and what a comment reads in the table. If a
 * change costs more, this test names the flow.
 */

let world: World;
afterEach(() => world.close());

/** All transitions so far, by flow. */
function transitions(): Record<FlowName, number> {
  const counts = Object.fromEntries(flowNames.map((name) => [name, 0])) as Record<FlowName, number>;
  for (const { stateMachineArn, stateTransitions } of world.system.engine.list()) {
    counts[flowOf(stateMachineArn) as FlowName] += stateTransitions;
  }
  return counts;
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test("a life with ten comments and two failed runs, the agent idle, takes at most 105 state transitions, one more for each poll of its start, and ten items read for each comment", async () => {
  world = await World.start({ coder: deployments["Tasks of 2.34"].coder });
  let itemsRead = 0;
  world.system.dynamoDb.onCall = (call) => {
    itemsRead += call.itemsRead;
  };
  const issue = await world.runningIssue();
  await world.idle();
  const task = world.agentOf(issue) as FakeTask;
  const told = async (text: string) => {
    await until(`the agent gets "${text}"`, () => task.inputs.some((input) => input.text.includes(text)));
    await world.idle();
  };
  // The agent has been idle for a while by Coder's clock, so that the test need not wait.
  const rest = () =>
    until("the agent is idle", () => {
      const { report } = task.agent;
      if (task.status !== "active" || report?.state !== "idle") return false;
      report.at = new Date(Date.now() - 60_000).toISOString();
      return true;
    });

  for (let n = 0; n < 10; n++) {
    await rest();
    itemsRead = 0;
    await world.gitHub.comment(issue, { by: "mona", body: `<comment ${n}>` });
    await told(`<comment ${n}>`);
    expect(itemsRead).toBeLessThanOrEqual(10);
  }
  const { pull } = await world.gitHub.openPull({
    repo: "octo/app",
    by: world.gitHub.agentLogin,
    head: "fix",
    closes: [issue.number],
  });
  for (let n = 0; n < 2; n++) {
    await rest();
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: `CI ${n}`,
      branch: "fix",
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "failure",
      jobs: [{ name: "test", conclusion: "failure", steps: [], log: `##[error]round ${n}!\n` }],
    });
    await told(`round ${n}!`);
  }
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  const runs = await world.idle();
  expect(runs.filter(({ status }) => status !== "SUCCEEDED")).toEqual([]);

  const counts = transitions();
  // One more for each poll of the starting workspace; their number depends on the machine.
  const looks = world
    .executions("create-task")
    .flatMap(({ executionArn }) =>
      world.system.engine.history(executionArn).filter(({ taskFailedEventDetails: failed }) => failed),
    ).length;
  expect({ ...counts, "create-task": counts["create-task"] - looks }).toEqual({
    "create-task": 9,
    "delete-task": 5,
    "forward-comment": 10 * 3,
    "relay-failure": 2 * 6,
    "drain-inbox": 12 * 3,
    // The check whether the pull request changes the config.
    "sync-repo-config": 2,
    "follow-task": 0,
    // The looks for conflicts of the new pull request: three if nobody has made GitHub compute it before.
    "watch-pulls": expect.any(Number),
    "track-pull": 5,
  });
  expect(sum(counts) - looks).toBeLessThanOrEqual(105);
});
