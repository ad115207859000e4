import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FlowName } from "../../infra/definition/action-spec.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import { flowOf } from "../local-system.js";
import { creation, deployments } from "./deployments.js";
import { Gate } from "./gate.js";
import { until, World } from "./support.js";

/*
 * Events between two states of a flow. The Tasks API is the hard case: its agents take one message at a time, and its
 * workspaces take time to start.
 */

const { coder } = deployments["Tasks of 2.34"];
let world: World;
/** The number of runs when the test began. */
let known = 0;
beforeEach(() => {
  known = world.system.engine.list().length;
});

/** This test's runs of a flow, the newest first. */
const runsOf = (flow: FlowName) => {
  const all = world.system.engine.list();
  return all.slice(0, all.length - known).filter(({ stateMachineArn }) => flowOf(stateMachineArn) === flow);
};
const haveEntered = (flow: FlowName, state: string) =>
  runsOf(flow)
    .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
    .filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === state).length;

/** Expects that all runs have succeeded. */
async function expectSuccess(): Promise<void> {
  const runs = await world.idle();
  expect(runs.map(({ name, status, cause }) => [name, status, cause])).toEqual(
    runs.map(({ name }) => [name, "SUCCEEDED", undefined]),
  );
}

const say = (issue: Awaited<ReturnType<World["openIssue"]>>, body: string) =>
  world.gitHub.comment(issue, { by: "mona", body });

describe("a task whose workspace is starting", () => {
  beforeAll(async () => {
    world = await World.start({ coder: { ...coder, bootMs: 3_600_000 } });
  });
  afterAll(() => world.close());

  async function startingTask() {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "has been created");
    return { issue, task: world.agentOf(issue) as FakeTask };
  }

  test("is shown as paused if it is stopped in Coder", async () => {
    const { issue, task } = await startingTask();
    task.finishBoot();
    task.stop();
    expect(await world.untilStatus(issue, "The task is paused")).toContain(
      "Somebody has stopped its workspace",
    );
    await expectSuccess();
    expect(haveEntered("create-task", "Announce that it does not run")).toBe(1);
  });

  test("is shown as failed, with a remedy, if it is deleted in Coder", async () => {
    const { issue, task } = await startingTask();
    // Coder does not delete a workspace during its build.
    task.failBuild();
    await world.lose(task);
    expect(await world.untilStatus(issue, "was deleted in Coder before it ran")).toContain("This has failed");
    await expectSuccess();
    expect(haveEntered("create-task", "Announce that it does not run")).toBe(1);
  });

  test("is no longer polled once it is not wanted", async () => {
    const { issue, task } = await startingTask();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await until("the run that waits for it ends", () =>
      runsOf("create-task").every(({ status }) => status === "SUCCEEDED"),
    );
    task.finishBoot();
    await world.untilStatus(issue, "Completed");
    await expectSuccess();
    expect(haveEntered("create-task", "Overtaken")).toBe(1);
    expect(world.agentsFor(issue)).toEqual([]);
  });
});

describe("while a Lambda's call is held", () => {
  const held = {} as Record<"create-task" | "end-task" | "send-inbox" | "keep-inbox", Gate>;
  beforeAll(async () => {
    for (const action of ["create-task", "end-task", "send-inbox", "keep-inbox"] as const) {
      held[action] = await Gate.before(action);
    }
    world = await World.start({ coder, bundles: Gate.bundles(...Object.values(held)) });
  });
  afterAll(async () => {
    await world.close();
    for (const gate of Object.values(held)) await gate.remove();
  });

  describe("an issue", () => {
    test("that is closed just before its task is created gets no task", async () => {
      const gate = held["create-task"];
      const issue = await world.openIssue();
      gate.shut();
      await world.assign(issue);
      await gate.during(async () => {
        await world.gitHub.closeIssue(issue, { by: "mona" });
        await until("the close is over", () =>
          runsOf("delete-task").some(({ status }) => status === "SUCCEEDED"),
        );
      });
      await expectSuccess();
      expect(world.agentsFor(issue)).toEqual([]);
      expect(haveEntered("create-task", "Overtaken")).toBe(1);
    });

    test("that is closed while its task is being created ends up without a task", async () => {
      const issue = await world.openIssue();
      world.coder.http.fail({
        ...creation,
        hold: async () => {
          await world.gitHub.closeIssue(issue, { by: "mona" });
          await until("the close is the newest event", () => haveEntered("delete-task", "End task") === 1);
        },
      });
      await world.assign(issue);
      await until("the task is created, and ended", () =>
        runsOf("create-task").some(({ status }) => status === "SUCCEEDED"),
      );
      await expectSuccess();
      expect(world.agentsFor(issue)).toEqual([]);
      expect(haveEntered("create-task", "End unwanted task")).toBe(1);
    });

    test("that is reopened before its task has ended keeps it", async () => {
      const gate = held["end-task"];
      const issue = await world.runningIssue();
      const { id } = world.agentOf(issue);
      gate.shut();
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await gate.during(async () => {
        await world.gitHub.reopenIssue(issue, { by: "mona" });
        await until("the task is wanted again", () => haveEntered("create-task", "Create task") === 2);
      });
      await expectSuccess();
      expect(world.agentOf(issue).id).toBe(id);
      expect(haveEntered("delete-task", "Overtaken")).toBe(1);
    });

    test("that is reopened gets what is said on its pull request before the relay knows of the reopening, or before the new task exists", async () => {
      const gate = held["create-task"];
      const issue = await world.runningIssue();
      const pull = await world.openPull(issue);
      const review = (body: string) =>
        world.gitHub.review(pull, { by: "mona", state: "changes_requested", body });
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await world.idle();
      const known = world.gitHub.http.calls.length;
      await review("Said while it is closed.");
      await world.idle();
      const questions = world.gitHub.http.calls.slice(known).filter(({ path }) => path.includes("/issues/"));
      expect(questions.map(({ path }) => path)).toEqual([`/repos/octo/app/issues/${issue.number}`]);

      const reopened = await world.gitHub.reopenIssue(issue, { by: "mona", deliver: false });
      await review("It overtakes the reopening.");
      await world.idle();
      gate.shut();
      await world.gitHub.send(reopened);
      await gate.during(async () => {
        await review("There is no task yet.");
        await until("it is put", () => haveEntered("forward-comment", "Put into inbox") === 2);
      });
      await world.untilRunning(issue);
      await expectSuccess();
      const told = world.agentOf(issue).inputs.map(({ text }) => text);
      expect(told.join()).toMatch(/It overtakes the reopening\.[\s\S]*There is no task yet\./);
      expect(told.join()).not.toContain("Said while it is closed.");
    });

    test("gets what is said on its pull request before the relay knows of its first assignment; an issue that is only named is left alone", async () => {
      const [issue, named] = [await world.openIssue(), await world.openIssue()];
      const { pull } = await world.gitHub.openPull({
        repo: "octo/app",
        by: world.gitHub.agentLogin,
        head: "by-hand",
        body: `Part of #${issue.number}, see #${named.number}.`,
      });
      const failed = (log: string) =>
        world.gitHub.completeRun({
          repo: "octo/app",
          workflow: "CI",
          branch: pull.headBranch,
          headSha: pull.shas.at(-1) ?? "",
          conclusion: "failure",
          jobs: [{ name: "test", conclusion: "failure", log: `##[error]Error: ${log}\n` }],
        });
      const review = (body: string) =>
        world.gitHub.review(pull, { by: "mona", state: "changes_requested", body });
      await review("Nobody is asked yet.");
      await failed("It is nobody's.");
      await world.idle();
      expect(haveEntered("forward-comment", "Put into inbox")).toBe(0);
      expect(haveEntered("relay-failure", "Put into inbox")).toBe(0);

      const assignment = await world.gitHub.assign(issue, {
        by: "mona",
        assignee: world.gitHub.agentLogin,
        deliver: false,
      });
      await review("It overtakes the assignment.");
      await failed("This, too.");
      const { comment } = await world.gitHub.comment(pull, { by: "mona", body: "It is taken back." });
      await world.idle();
      await world.gitHub.deleteComment(comment, { by: "mona" });
      await world.idle();
      await world.gitHub.send(assignment);
      await world.untilRunning(issue);
      await expectSuccess();
      const told = world.agentOf(issue).inputs.map(({ text }) => text);
      expect(told.join()).toMatch(/It overtakes the assignment\.[\s\S]*This, too\./);
      expect(told.join()).not.toMatch(/nobody|taken back/i);
      expect(world.agentsFor(issue)).toHaveLength(1);
      expect(world.agentsFor(named)).toEqual([]);
    });
  });

  describe("a drain", () => {
    test("that finds an empty inbox, because the comment was deleted before, ends at once", async () => {
      const gate = held["send-inbox"];
      const issue = await world.runningIssue();
      gate.shut();
      const { comment } = await say(issue, "Never mind.");
      await gate.during(async () => {
        await world.gitHub.deleteComment(comment, { by: "mona" });
        await until("it is withdrawn", () => haveEntered("forward-comment", "Withdraw from inbox") === 1);
        await until("its run is over", () =>
          runsOf("forward-comment").every(({ status }) => status === "SUCCEEDED"),
        );
      });
      await expectSuccess();
      expect(world.agentOf(issue).inputs).toEqual([]);
      expect(runsOf("drain-inbox")).toHaveLength(1);
      const states = ["Send inbox", "Wait", "Start following", "Done"];
      expect(states.map((state) => haveEntered("drain-inbox", state))).toEqual([1, 0, 0, 1]);
    });

    test("whose task is deleted just before it sends keeps its inputs for the next task", async () => {
      const gate = held["send-inbox"];
      const issue = await world.runningIssue();
      gate.shut();
      await say(issue, "Use the new parser.");
      await gate.during(() => world.lose(world.agentOf(issue)));
      expect(await world.untilStatus(issue, "The task is gone")).toContain("are kept for a day");
      await expectSuccess();

      await world.unassign(issue);
      await world.assign(issue);
      const agent = await until("there is a new task", () => world.agent(issue));
      await until("the agent gets the message", () =>
        agent.inputs.some(({ text }) => text.includes("Use the new parser.")),
      );
      await expectSuccess();
    });

    test("that finds the task gone hands over to the next drain if there is a new task by then", async () => {
      const gate = held["keep-inbox"];
      const issue = await world.runningIssue();
      await world.idle();
      await world.lose(world.agentOf(issue));
      gate.shut();
      await say(issue, "Use the new parser.");
      await gate.during(async () => {
        await world.assign(issue);
        await until("there is a new task", () => world.agent(issue));
        await until("it runs", () => runsOf("create-task").every(({ status }) => status === "SUCCEEDED"));
      });
      const agent = world.agentOf(issue);
      await until("the agent gets the message", () =>
        agent.inputs.some(({ text }) => text.includes("Use the new parser.")),
      );
      await expectSuccess();
      expect(agent.inputs.filter(({ text }) => text.includes("Use the new parser."))).toHaveLength(1);
      expect(haveEntered("drain-inbox", "Wake drain")).toBe(1);
    });

    test("that was aborted while it sent ends at once when redriven, because another drain has sent everything", async () => {
      const gate = held["send-inbox"];
      const issue = await world.runningIssue();
      await world.idle();
      gate.shut();
      await say(issue, "Use the new parser.");
      let aborted = "";
      await gate.during(async () => {
        aborted = runsOf("drain-inbox")[0]?.executionArn ?? "";
        world.system.engine.stop(aborted);
        await say(issue, "And the new lexer.");
        await until("another drain runs", () => runsOf("drain-inbox").length === 2);
      });
      const agent = world.agentOf(issue);
      await until("the agent gets all messages", () =>
        agent.inputs.some(({ text }) => text.includes("And the new lexer.")),
      );
      await world.idle();
      world.system.engine.redrive(aborted);
      await expectSuccess();
      const told = agent.inputs.map(({ text }) => text).join();
      expect(told.match(/Use the new parser|And the new lexer/g)).toHaveLength(2);
    });
  });
});
