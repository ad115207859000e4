import { afterEach, describe, expect, test } from "@jest/globals";
import type { ActionName } from "../../infra/definition/actions.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { SystemOptions } from "../../local/system/system.js";
import { creation, deployments } from "./deployments.js";
import { Gate } from "./gate.js";
import { until, World } from "./support.js";

/*
 * Events between two states of a flow. The Tasks API is the hard case: its agents take one message at a time, and its
 * workspaces take time to start.
 */

let world: World;
let gate: Gate | undefined;
afterEach(async () => {
  await world.close();
  await gate?.remove();
  gate = undefined;
});

const { coder } = deployments["Tasks of 2.34"];

async function start(options: Partial<SystemOptions> = {}): Promise<void> {
  world = await World.start({ ...options, coder: { ...coder, ...options.coder } });
}

/** A world where a Lambda's calls can be held. */
async function startWithGate(action: ActionName): Promise<Gate> {
  gate = await Gate.before(action);
  await start({ bundles: gate.bundles });
  return gate;
}

/** All runs have succeeded. */
async function expectSuccess(): Promise<void> {
  const runs = await world.idle();
  expect(runs.map(({ name, status, cause }) => [name, status, cause])).toEqual(
    runs.map(({ name }) => [name, "SUCCEEDED", undefined]),
  );
}

const say = (issue: Awaited<ReturnType<World["openIssue"]>>, body: string) =>
  world.gitHub.comment(issue, { by: "mona", body });

describe("a task whose workspace is starting", () => {
  const starting = { coder: { bootMs: 3_600_000 } };

  async function startingTask() {
    await start(starting);
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
    expect(world.haveEntered("create-task", "Announce that it does not run")).toBe(1);
  });

  test("is shown as failed, with a remedy, if it is deleted in Coder", async () => {
    const { issue, task } = await startingTask();
    // Coder does not delete a workspace during its build.
    task.failBuild();
    await world.lose(task);
    expect(await world.untilStatus(issue, "was deleted in Coder before it ran")).toContain("This has failed");
    await expectSuccess();
    expect(world.haveEntered("create-task", "Announce that it does not run")).toBe(1);
  });

  test("is no longer polled if it is not wanted any more", async () => {
    const { issue, task } = await startingTask();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await until("the run that waits for it ends", () =>
      world.executions("create-task").every(({ status }) => status === "SUCCEEDED"),
    );
    task.finishBoot();
    await world.untilStatus(issue, "Completed");
    await expectSuccess();
    expect(world.haveEntered("create-task", "Overtaken")).toBe(1);
    expect(world.agents()).toEqual([]);
  });
});

describe("an issue", () => {
  test("that is closed just before its task is created gets no task", async () => {
    const held = await startWithGate("create-task");
    const issue = await world.openIssue();
    held.shut();
    await world.assign(issue);
    await held.during(async () => {
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await until("the close is over", () =>
        world.executions("delete-task").some(({ status }) => status === "SUCCEEDED"),
      );
    });
    await expectSuccess();
    expect(world.agents()).toEqual([]);
    expect(world.haveEntered("create-task", "Overtaken")).toBe(1);
  });

  test("that is closed while its task is being created has no task in the end", async () => {
    await start();
    const issue = await world.openIssue();
    world.coder.http.fail({
      ...creation,
      hold: async () => {
        await world.gitHub.closeIssue(issue, { by: "mona" });
        await until(
          "the close is the newest event",
          () => world.haveEntered("delete-task", "End task") === 1,
        );
      },
    });
    await world.assign(issue);
    await until("the task is created, and ended", () =>
      world.executions("create-task").some(({ status }) => status === "SUCCEEDED"),
    );
    await expectSuccess();
    expect(world.agents()).toEqual([]);
    expect(world.haveEntered("create-task", "End unwanted task")).toBe(1);
  });

  test("that is opened again before its task has ended keeps it", async () => {
    const held = await startWithGate("end-task");
    const issue = await world.runningIssue();
    const { id } = world.agentOf(issue);
    held.shut();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await held.during(async () => {
      await world.gitHub.reopenIssue(issue, { by: "mona" });
      await until("the task is wanted again", () => world.haveEntered("create-task", "Create task") === 2);
    });
    await expectSuccess();
    expect(world.agentOf(issue).id).toBe(id);
    expect(world.haveEntered("delete-task", "Overtaken")).toBe(1);
  });

  test("that is reopened gets what is said on its pull request before the relay knows that, or before the new task is there", async () => {
    const held = await startWithGate("create-task");
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
    held.shut();
    await world.gitHub.send(reopened);
    await held.during(async () => {
      await review("There is no task yet.");
      await until("it is put", () => world.haveEntered("forward-comment", "Put into inbox") === 2);
    });
    await world.untilRunning(issue);
    await expectSuccess();
    const told = world.agentOf(issue).inputs.map(({ text }) => text);
    expect(told.join()).toMatch(/It overtakes the reopening\.[\s\S]*There is no task yet\./);
    expect(told.join()).not.toContain("Said while it is closed.");
  });

  test("gets what is said on its pull request before the relay knows of its first assignment; an issue that is only named is left alone", async () => {
    await start();
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
    expect(world.haveEntered("forward-comment", "Put into inbox")).toBe(0);
    expect(world.haveEntered("relay-failure", "Put into inbox")).toBe(0);

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
    expect(world.agents()).toHaveLength(1);
  });
});

describe("a drain", () => {
  test("that finds an empty inbox, because the comment was deleted before, ends at once", async () => {
    const held = await startWithGate("send-inbox");
    const issue = await world.runningIssue();
    held.shut();
    const { comment } = await say(issue, "Never mind.");
    await held.during(async () => {
      await world.gitHub.deleteComment(comment, { by: "mona" });
      await until("it is withdrawn", () => world.haveEntered("forward-comment", "Withdraw from inbox") === 1);
      await until("its run is over", () =>
        world.executions("forward-comment").every(({ status }) => status === "SUCCEEDED"),
      );
    });
    await expectSuccess();
    expect(world.agentOf(issue).inputs).toEqual([]);
    expect(world.executions("drain-inbox")).toHaveLength(1);
    const states = ["Send inbox", "Wait", "Start following", "Done"];
    expect(states.map((state) => world.haveEntered("drain-inbox", state))).toEqual([1, 0, 0, 1]);
  });

  test("whose task is deleted just before it sends keeps its inputs for the next task", async () => {
    const held = await startWithGate("send-inbox");
    const issue = await world.runningIssue();
    held.shut();
    await say(issue, "Use the new parser.");
    await held.during(() => world.lose(world.agentOf(issue)));
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
    const held = await startWithGate("keep-inbox");
    const issue = await world.runningIssue();
    await world.idle();
    await world.lose(world.agentOf(issue));
    held.shut();
    await say(issue, "Use the new parser.");
    await held.during(async () => {
      await world.assign(issue);
      await until("there is a new task", () => world.agent(issue));
      await until("it runs", () =>
        world.executions("create-task").every(({ status }) => status === "SUCCEEDED"),
      );
    });
    const agent = world.agentOf(issue);
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("Use the new parser.")),
    );
    await expectSuccess();
    expect(agent.inputs.filter(({ text }) => text.includes("Use the new parser."))).toHaveLength(1);
    expect(world.haveEntered("drain-inbox", "Wake drain")).toBe(1);
  });

  test("that was aborted while it sent ends at once when redriven, because another drain has sent everything", async () => {
    const held = await startWithGate("send-inbox");
    const issue = await world.runningIssue();
    await world.idle();
    held.shut();
    await say(issue, "Use the new parser.");
    let aborted = "";
    await held.during(async () => {
      aborted = world.executions("drain-inbox")[0]?.executionArn ?? "";
      world.system.engine.stop(aborted);
      await say(issue, "And the new lexer.");
      await until("another drain runs", () => world.executions("drain-inbox").length === 2);
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
