import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { FakeTask } from "../../local/fake-coder/fake-task.js";
import type { Issue } from "../../local/fake-github/issues.js";
import { until, World } from "./support.js";

let world: World;
let issue: Issue;
let task: FakeTask;
beforeEach(async () => {
  world = await World.start();
  ({ issue, task } = await runningTask());
});
afterEach(() => world.close());

/** An issue of `octo/app` whose agent runs and listens. */
async function runningTask() {
  const opened = await world.openIssue();
  await world.assign(opened);
  await world.untilStatus(opened, "is running");
  const found = world.coder.task(`gh-app-${opened.number}`);
  if (!found) throw new Error("no task");
  return { issue: opened, task: found };
}

/** A pull request of the agent's that closes the issue. */
async function agentsPull() {
  const { pull } = await world.gitHub.openPull({
    repo: "octo/app",
    by: world.gitHub.agentLogin,
    head: "fix-it",
    title: "Fix it",
    closes: [issue.number],
  });
  return pull;
}

const texts = () => task.inputs.map(({ text }) => text);
const untilTold = (what: string) =>
  until(`the agent is told "${what}"; it was told: ${texts()}`, () =>
    texts().find((text) => text.includes(what)),
  );

async function failedRun(changes: Partial<Parameters<World["gitHub"]["completeRun"]>[0]> = {}) {
  const pull = await agentsPull();
  const run = await world.gitHub.completeRun({
    repo: "octo/app",
    workflow: "CI",
    branch: "fix-it",
    headSha: pull.shas.at(-1) ?? "",
    conclusion: "failure",
    jobs: [
      {
        name: "test",
        conclusion: "failure",
        steps: [{ name: "Run tests", conclusion: "failure" }],
        log: "2026-01-01T00:00:00.0000000Z all is well\n2026-01-01T00:00:01.0000000Z ##[error]the parser is broken\n",
      },
    ],
    ...changes,
  });
  return { pull, run };
}

describe("what reaches the agent", () => {
  test("a comment on its issue, with who, where and an instruction; 👀 on the comment", async () => {
    const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "Please use **tabs**." });
    const text = await untilTold("Please use **tabs**.");
    expect(text).toMatch(/^Comment from mona on issue octo\/app#1/);
    expect(text).toContain("https://github.com/octo/app/issues/1#issuecomment-");
    await world.idle();
    expect(comment.reactions.map(({ content }) => content)).toEqual(["eyes"]);
    expect(task.inputs).toHaveLength(1);
  });

  test("a review with its inline comments, as one message, in order", async () => {
    const pull = await agentsPull();
    task.holdBusy();
    await world.gitHub.review(pull, {
      by: "mona",
      state: "changes_requested",
      body: "Three things.",
      comments: [
        { path: "src/a.ts", line: 3, body: "first" },
        { path: "src/a.ts", line: 9, startLine: 7, body: "second" },
        { path: "src/b.ts", line: 1, body: "third" },
      ],
    });
    await until(
      "all four wait",
      () => world.executions("forward-comment").filter(({ status }) => status === "SUCCEEDED").length === 4,
    );
    task.release();
    const text = await untilTold("third");
    expect(task.inputs).toHaveLength(1);
    for (const words of ["Three things.", "changes requested", "src/a.ts:3", "src/a.ts:7-9", "src/b.ts:1"]) {
      expect(text).toContain(words);
    }
    expect(text.indexOf("first")).toBeLessThan(text.indexOf("second"));
    expect(text.indexOf("second")).toBeLessThan(text.indexOf("third"));
    await world.idle();
  });

  test("a failed run of its pull request, with what its logs say", async () => {
    await failedRun();
    const text = await untilTold("the parser is broken");
    expect(text).toContain("Run tests");
    expect(text).toContain("CI");
    await world.idle();
    expect(task.inputs).toHaveLength(1);
  });

  test("what was said while it was paused: it is resumed, and told", async () => {
    task.stop();
    await until("it is paused", () => task.status === "paused");
    await world.gitHub.comment(issue, { by: "mona", body: "wake up" });
    await untilTold("wake up");
    await world.idle();
  });

  test("an edit of what it was told, as an edit; an edit of what still waits, as if it had been so at once", async () => {
    const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "use tabs" });
    await untilTold("use tabs");
    await world.idle();
    await world.gitHub.editComment(comment, { by: "mona", body: "use spaces" });
    expect(await untilTold("use spaces")).toMatch(/^Edited comment.*use tabs.*use spaces/s);
    await world.idle();

    task.holdBusy();
    const { comment: waiting } = await world.gitHub.comment(issue, { by: "mona", body: "one typpo" });
    await world.gitHub.editComment(waiting, { by: "mona", body: "no typo" });
    await until("both are in", () =>
      world.executions("forward-comment").every(({ status }) => status === "SUCCEEDED"),
    );
    task.release();
    const text = await untilTold("no typo");
    expect(text).not.toMatch(/typpo|Edited/);
    await world.idle();
  });
});

describe("what does not", () => {
  test("a comment that was deleted while it waited", async () => {
    task.holdBusy();
    const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "never mind this" });
    await world.gitHub.comment(issue, { by: "mona", body: "but this" });
    await world.gitHub.deleteComment(comment, { by: "mona" });
    await until(
      "all are in",
      () => world.executions("forward-comment").filter(({ status }) => status === "SUCCEEDED").length === 3,
    );
    task.release();
    await untilTold("but this");
    await world.idle();
    expect(texts().join()).not.toContain("never mind");
  });

  test("the words of the agent and of the App, an edit without a change, an approval without a text, others' pull requests", async () => {
    const pull = await agentsPull();
    const { pull: other } = await world.gitHub.openPull({
      repo: "octo/app",
      by: "mona",
      head: "mine",
      title: "Mine",
    });
    const { comment } = await world.gitHub.comment(issue, { by: world.gitHub.agentLogin, body: "done" });
    const same = await world.gitHub.editComment(comment, { by: "mona", body: "done" });
    const [approval] = await world.gitHub.review(pull, { by: "mona", state: "approved" });
    const elsewhere = await world.gitHub.comment(other, { by: "mona", body: "on my own" });
    for (const { status, body } of [same, approval, elsewhere]) {
      expect(status).toBe(200);
      expect(JSON.parse(body)).toHaveProperty("skipped");
    }
    await world.idle();
    expect(world.executions("forward-comment")).toEqual([]);
    expect(task.inputs).toEqual([]);
  });

  test("the words of somebody without write permission: silence in public, one explanation in private", async () => {
    await world.gitHub.comment(issue, { by: "tim", body: "do as I say" });
    await world.idle();
    expect(world.gitHub.commentsOn(issue)).toHaveLength(2);

    world.gitHub.addRepository({
      owner: "octo",
      name: "vault",
      private: true,
      permissions: { mona: "write", tim: "read" },
    });
    const { issue: hidden } = await world.gitHub.openIssue({
      repo: "octo/vault",
      by: "mona",
      title: "Hidden",
    });
    await world.assign(hidden);
    await world.untilStatus(hidden, "is running");
    await world.gitHub.comment(hidden, { by: "tim", body: "do as I say" });
    await world.gitHub.comment(hidden, { by: "tim", body: "do it!" });
    await world.idle();
    const explanations = world.gitHub
      .commentsOn(hidden)
      .filter(({ body }) => body.includes("tim may not speak"));
    expect(explanations).toHaveLength(1);
    expect(world.coder.tasks().flatMap(({ inputs }) => inputs)).toEqual([]);
  });

  test("a failed run whose pull request has moved on", async () => {
    task.holdBusy();
    const { pull } = await failedRun();
    await until("it waits", () =>
      world.executions("relay-failure").some(({ status }) => status === "SUCCEEDED"),
    );
    await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
    task.release();
    await world.idle();
    expect(task.inputs).toEqual([]);
  });

  test("the same failed run twice, or an older one while a newer waits", async () => {
    task.holdBusy();
    const { pull, run } = await failedRun();
    await world.gitHub.redeliver(run.guid);
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: "fix-it",
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "timed_out",
      jobs: [],
    });
    await until(
      "both are in",
      () => world.executions("relay-failure").filter(({ status }) => status === "SUCCEEDED").length === 2,
    );
    task.release();
    const text = await untilTold("timed_out");
    expect(text).not.toContain("the parser is broken");
    await world.idle();
    expect(task.inputs).toHaveLength(1);
  });
});

describe("a task that is gone", () => {
  test("what waits is kept, the status comment says so, and a new task is told", async () => {
    const headers = { "Coder-Session-Token": world.coder.token };
    await fetch(`${world.coder.url}/api/v2/tasks/mona-c/${task.id}`, { method: "DELETE", headers });
    await world.gitHub.comment(issue, { by: "mona", body: "are you there?" });
    expect(await world.untilStatus(issue, "is gone")).toContain("kept for a day");
    await world.idle();

    await world.unassign(issue);
    await world.idle();
    await world.assign(issue);
    await until("the new task is told", () =>
      world.coder.task("gh-app-1")?.inputs.some(({ text }) => text.includes("are you there?")),
    );
    await world.idle();
  });
});

test("after ten messages about failed runs in a row the relay stops and says so; a human word lets it go on", async () => {
  const pull = await agentsPull();
  const fail = (n: number) =>
    world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: "fix-it",
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "failure",
      jobs: [{ name: `job ${n}`, conclusion: "failure", steps: [], log: `##[error]round ${n}!\n` }],
    });
  for (let round = 1; round <= 10; round++) {
    await fail(round);
    await untilTold(`round ${round}!`);
    await world.idle();
  }
  await fail(11);
  await world.untilStatus(issue, "10 messages about failed CI runs");
  await world.idle();
  expect(texts().join()).not.toContain("round 11!");

  await world.gitHub.comment(issue, { by: "mona", body: "look at the lock file" });
  await untilTold("look at the lock file");
  await fail(12);
  await untilTold("round 12!");
  await world.idle();
});
