import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { type FlowName, flowNames } from "../../infra/definition/action-spec.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { flowOf } from "../local-system.js";
import { deployments } from "./deployments.js";
import { Gate } from "./gate.js";
import { until, World } from "./support.js";

/*
 * The cost of an issue's life in Step Functions, which bills state transitions, and in the table, which bills items read
 * and written. If a change raises the cost, these tests name the flow.
 */

let world: World;
/** Holds drains, so that their observations of a busy agent, whose number depends on the machine, don't count. */
let drains: Gate;
beforeAll(async () => {
  drains = await Gate.before("send-inbox");
  world = await World.start({ coder: deployments["Tasks of 2.34"].coder, bundles: Gate.bundles(drains) });
});
afterAll(async () => {
  await world.close();
  await drains.remove();
});

/** Requests to the table and the items that they read, without those of accounts and tokens, which containers cache. */
interface Cost {
  calls: number;
  reads: number;
}

let cost: Cost = { calls: 0, reads: 0 };
/** The executions of former tests. */
let former: Set<string>;
beforeEach(() => {
  former = new Set(world.system.engine.list().map(({ executionArn }) => executionArn));
  world.system.dynamoDb.onCall = ({ partition, itemsRead }) => {
    if (partition === "account" || partition === "token") return;
    cost.calls += 1;
    cost.reads += itemsRead;
  };
});

/** The cost in the table of `act` and everything that it starts. */
async function costOf(act: () => Promise<unknown>): Promise<Cost> {
  cost = { calls: 0, reads: 0 };
  await act();
  return cost;
}

/**
 * The polls of the test's starting workspaces. Each is a transition and a read, and their number depends on the machine.
 */
const polls = () =>
  executions()
    .filter(({ stateMachineArn }) => flowOf(stateMachineArn) === "create-task")
    .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
    .filter(({ taskFailedEventDetails: failed }) => failed).length;

function expectAtMost({ calls, reads }: Cost, most: Cost): void {
  expect(calls).toBeLessThanOrEqual(most.calls);
  expect(reads).toBeLessThanOrEqual(most.reads);
}

/** The test's executions so far. */
const executions = () => world.system.engine.list().filter(({ executionArn }) => !former.has(executionArn));

/** All transitions of the test so far, by flow. */
function transitions(): Record<FlowName, number> {
  const counts = Object.fromEntries(flowNames.map((name) => [name, 0])) as Record<FlowName, number>;
  for (const { stateMachineArn, stateTransitions } of executions()) {
    counts[flowOf(stateMachineArn) as FlowName] += stateTransitions;
  }
  return counts;
}

const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

test("a life with ten comments and two failed runs, the agent idle, takes at most 103 state transitions, one more for each poll of its start, and at most 12 calls to the table for its start and for each comment, 16 for each failed run, and 8 for its end", async () => {
  let issue!: Issue;
  const start = await costOf(async () => {
    issue = await world.runningIssue();
    await world.idle();
  });
  const task = world.agentOf(issue) as FakeTask;
  const told = async (text: string) => {
    await until(`the agent gets "${text}"`, () => task.inputs.some((input) => input.text.includes(text)));
    await world.idle();
  };
  // Makes the agent idle for a while by Coder's clock, so that the test needn't wait. It reports nothing that would change
  // the status comment, because whether that already shows the end of the first turn depends on the machine.
  const rest = () =>
    until("the agent is idle", () => {
      const { report } = task.agent;
      if (task.status !== "active" || report?.state !== "idle") return false;
      report.at = new Date(Date.now() - 60_000).toISOString();
      report.message = "";
      return true;
    });

  for (let n = 0; n < 10; n++) {
    await rest();
    const comment = await costOf(async () => {
      await world.gitHub.comment(issue, { by: "mona", body: `<comment ${n}>` });
      await told(`<comment ${n}>`);
    });
    expectAtMost(comment, { calls: 12, reads: 5 });
  }
  const pull = await world.openPull(issue, { head: "fix" });
  await world.idle();
  for (let n = 0; n < 2; n++) {
    await rest();
    const failure = await costOf(async () => {
      await world.gitHub.completeRun({
        repo: "octo/app",
        workflow: `CI ${n}`,
        branch: "fix",
        headSha: pull.shas.at(-1) ?? "",
        conclusion: "failure",
        jobs: [{ name: "test", conclusion: "failure", steps: [], log: `##[error]round ${n}!\n` }],
      });
      await told(`round ${n}!`);
    });
    expectAtMost(failure, { calls: 16, reads: 8 });
  }
  const end = await costOf(async () => {
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await world.idle();
  });
  expectAtMost(end, { calls: 8, reads: 3 });
  expect(executions().filter(({ status }) => status !== "SUCCEEDED")).toEqual([]);

  const counts = transitions();
  const looks = polls();
  expectAtMost(start, { calls: 12 + looks, reads: 3 + looks });
  expect({ ...counts, "create-task": counts["create-task"] - looks }).toEqual({
    "create-task": 9,
    "delete-task": 5,
    "forward-comment": 10 * 3,
    "relay-failure": 2 * 6,
    "drain-inbox": 12 * 3,
    // The check whether the pull request changes the config.
    "sync-repo-config": 2,
    "follow-task": 0,
    // The observations of the new pull request's conflicts: three if GitHub has not computed mergeability before.
    "watch-pulls": expect.any(Number),
    "track-pull": 3,
  });
  expect(sum(counts) - looks).toBeLessThanOrEqual(103);
});

test("puts cost the same however many inputs wait: three state transitions, four calls and one item read each", async () => {
  const issue = await world.runningIssue();
  await world.idle();
  const task = world.agentOf(issue) as FakeTask;
  const puts = () =>
    executions().filter(({ stateMachineArn }) => flowOf(stateMachineArn) === "forward-comment");
  let waiting = 0;
  const put = async (n: number) => {
    const texts = Array.from({ length: n }, () => `<put ${waiting++}>`);
    await Promise.all(texts.map((body) => world.gitHub.comment(issue, { by: "mona", body })));
    await until("the comments are put", () => puts().every(({ status }) => status === "SUCCEEDED"));
  };
  drains.shut();
  await put(1);
  await drains.during(async () => {
    for (const n of [5, 10, 20])
      expect([n, await costOf(() => put(n))]).toEqual([n, { calls: 4 * n, reads: n }]);
  });
  expect(transitions()["forward-comment"]).toBe(3 * waiting);
  expect(puts()).toHaveLength(waiting);

  // A drain that finds the agent idle for the first time observes it twice.
  const drain = await costOf(() =>
    until("the agent gets all", () => task.inputs.some(({ text }) => text.includes(`<put ${waiting - 1}>`))),
  );
  expect(drain.reads).toBeLessThanOrEqual(2 * waiting + 10);
});
