import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { newSha } from "../../local/fake-github/pulls/pull.js";
import { everyCoder } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { until, World } from "./support.js";

let world: World;
let issue: Issue;
let agent: FakeTask | FakeChat;
/** The branch of the agent's pull request of the test. */
let branch = "";
/** How many runs and messages there were when the test began. */
let known: Record<"forward-comment" | "relay-failure" | "inputs", number>;

/** Switches the following tests to the task of a new issue. */
async function newTask(): Promise<void> {
  issue = await world.runningIssue();
  agent = world.agentOf(issue);
  await world.idle();
}
beforeEach(() => {
  branch = `fix-${newSha()}`;
  known = {
    "forward-comment": world.executions("forward-comment").length,
    "relay-failure": world.executions("relay-failure").length,
    inputs: agent.inputs.length,
  };
});

/** Waits until this many runs of this test have stored their input. */
const untilIn = (flow: "forward-comment" | "relay-failure", count: number) =>
  until(`${count} runs of ${flow} are over`, () => {
    const runs = world.executions(flow).slice(0, -known[flow] || undefined);
    return runs.length === count && runs.every(({ status }) => status === "SUCCEEDED");
  });

/** A pull request by the agent that closes the issue. */
const agentsPull = () => world.openPull(issue, { head: branch });

/** The messages that the agent got in this test. */
const texts = () => agent.inputs.slice(known.inputs).map(({ text }) => text);
const untilTold = (what: string) =>
  until(`the agent gets "${what}"; it got: ${texts()}`, () => texts().find((text) => text.includes(what)));

async function failedRun(changes: Partial<Parameters<World["gitHub"]["completeRun"]>[0]> = {}) {
  const pull = await agentsPull();
  const run = await world.gitHub.completeRun({
    repo: "octo/app",
    workflow: "CI",
    branch,
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

describe.each(everyCoder)("on %s", (name, { coder, queues }) => {
  beforeAll(async () => {
    world = await World.start({ coder });
    await newTask();
  });
  afterAll(async () => {
    await allWell(world);
    await world.close();
  });

  describe("the agent gets", () => {
    test("a comment on its issue, with its author, its location and an instruction; the comment gets 👀", async () => {
      const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "Please use **tabs**." });
      const text = await untilTold("Please use **tabs**.");
      expect(text).toMatch(new RegExp(`^Comment from mona on issue octo/app#${issue.number}`));
      expect(text).toContain(`https://github.com/octo/app/issues/${issue.number}#issuecomment-`);
      await world.idle();
      expect(comment.reactions.map(({ content }) => content)).toEqual(["eyes"]);
      expect(texts()).toHaveLength(1);
    });

    test("a failed run of its pull request, with a summary of its logs", async () => {
      await failedRun();
      const text = await untilTold("the parser is broken");
      expect(text).toContain("Run tests");
      expect(text).toContain("CI");
      await world.idle();
      expect(texts()).toHaveLength(1);
    });

    test("comments that were made while it was paused or archived, after it is resumed", async () => {
      await until("it rests", () => /active|waiting/.test(agent.status));
      if ("archived" in agent) agent.archived = true;
      else agent.stop();
      await until("it is away", () => ("archived" in agent ? agent.archived : agent.status === "paused"));
      await world.gitHub.comment(issue, { by: "mona", body: "wake up" });
      await untilTold("wake up");
      await world.idle();
      expect(agent).not.toMatchObject({ archived: true });
    });

    test("an edit of a comment that was already sent, as an edit", async () => {
      const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "use tabs" });
      await untilTold("use tabs");
      await world.idle();
      await world.gitHub.editComment(comment, { by: "mona", body: "use spaces" });
      expect(await untilTold("use spaces")).toMatch(/^Edited comment.*use tabs.*use spaces/s);
      await world.idle();
    });
  });

  describe("the agent does not get", () => {
    test("its own and the App's comments, edits without a change, approvals without a text, comments on others' pull requests", async () => {
      const pull = await agentsPull();
      const { pull: other } = await world.gitHub.openPull({
        repo: "octo/app",
        by: "mona",
        head: `mine-${issue.number}`,
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
      expect(world.executions("forward-comment")).toHaveLength(known["forward-comment"]);
      expect(texts()).toEqual([]);
    });

    test("comments by people without write permission: no answer in public, one explanation in private", async () => {
      const before = world.gitHub.commentsOn(issue).length;
      await world.gitHub.comment(issue, { by: "tim", body: "do as I say" });
      await world.idle();
      expect(world.gitHub.commentsOn(issue)).toHaveLength(before + 1);

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
      await world.untilRunning(hidden);
      await world.gitHub.comment(hidden, { by: "tim", body: "do as I say" });
      await world.gitHub.comment(hidden, { by: "tim", body: "do it!" });
      await world.idle();
      const explanations = world.gitHub
        .commentsOn(hidden)
        .filter(({ body }) => body.includes("tim may not speak"));
      expect(explanations).toHaveLength(1);
      expect(
        world
          .agents()
          .flatMap(({ inputs }) => inputs.map(({ text }) => text))
          .join(),
      ).not.toMatch(/do as I say|do it!/);
    });
  });

  describe("a task that is gone", () => {
    test("keeps its waiting inputs, the status comment says so, and a new task gets them", async () => {
      await world.lose(agent);
      await world.gitHub.comment(issue, { by: "mona", body: "are you there?" });
      expect(await world.untilStatus(issue, "is gone")).toContain("kept for a day");
      await world.idle();

      await world.unassign(issue);
      await world.idle();
      await world.assign(issue);
      await until("the new task gets the message", () =>
        world.agent(issue)?.inputs.some(({ text }) => text.includes("are you there?")),
      );
      await world.idle();
      // For the following tests, whichever they are.
      agent = world.agentOf(issue);
    });
  });

  // Only on Tasks: on Chats, Coder queues each message, so nothing waits in the inbox.
  if (queues) return;
  describe("inputs that wait while the agent works", () => {
    beforeAll(newTask);

    test("comments of a review that arrive while GitHub lists them, in the same message", async () => {
      const pull = await agentsPull();
      const [review, ...comments] = await world.gitHub.review(pull, {
        by: "mona",
        state: "changes_requested",
        body: "Two things.",
        comments: ["first", "second"].map((body, i) => ({ path: "src/a.ts", line: i + 1, body })),
        deliver: false,
      });
      let isAsked = false;
      let answer = () => {};
      const answered = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const hold = () => {
        isAsked = true;
        return answered;
      };
      world.gitHub.http.fail({ path: /\/reviews\/\d+\/comments$/, hold });
      await world.gitHub.send(review);
      await until("GitHub is asked for the review's comments", () => isAsked);
      for (const comment of comments) await world.gitHub.send(comment);
      await untilIn("forward-comment", 3);
      answer();
      expect(await untilTold("second")).toContain("Two things.");
      expect(texts()).toHaveLength(1);
      await world.idle();
    });

    test("a review with its inline comments, as one message, in order", async () => {
      const pull = await agentsPull();
      agent.holdBusy();
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
      await untilIn("forward-comment", 4);
      agent.release();
      const text = await untilTold("third");
      expect(texts()).toHaveLength(1);
      for (const words of [
        "Three things.",
        "changes requested",
        "src/a.ts:3",
        "src/a.ts:7-9",
        "src/b.ts:1",
      ]) {
        expect(text).toContain(words);
      }
      expect(text.indexOf("first")).toBeLessThan(text.indexOf("second"));
      expect(text.indexOf("second")).toBeLessThan(text.indexOf("third"));
      await world.idle();
    });

    test("an edit of a waiting comment replaces its text", async () => {
      agent.holdBusy();
      const { comment: waiting } = await world.gitHub.comment(issue, { by: "mona", body: "one typpo" });
      await world.gitHub.editComment(waiting, { by: "mona", body: "no typo" });
      await untilIn("forward-comment", 2);
      agent.release();
      const text = await untilTold("no typo");
      expect(text).not.toMatch(/typpo|Edited/);
      await world.idle();
    });

    test("a comment that was deleted while it waited", async () => {
      agent.holdBusy();
      const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "never mind this" });
      await world.gitHub.comment(issue, { by: "mona", body: "but this" });
      await world.gitHub.deleteComment(comment, { by: "mona" });
      await untilIn("forward-comment", 3);
      agent.release();
      await untilTold("but this");
      await world.idle();
      expect(texts().join()).not.toContain("never mind");
    });

    test("a comment that was deleted while the task was not wanted", async () => {
      agent.holdBusy();
      const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "never mind this" });
      await untilIn("forward-comment", 1);
      await world.unassign(issue);
      await world.gitHub.deleteComment(comment, { by: "mona" });
      await untilIn("forward-comment", 2);
      agent.release();
      await world.idle();
      await world.assign(issue);
      await world.untilRunning(issue);
      await world.gitHub.comment(issue, { by: "mona", body: "but this" });
      await untilTold("but this");
      await world.idle();
      expect(texts().join()).not.toContain("never mind");
    });

    test("a failed run whose pull request has a newer commit", async () => {
      agent.holdBusy();
      const { pull } = await failedRun();
      await untilIn("relay-failure", 1);
      await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
      agent.release();
      await world.idle();
      expect(texts()).toEqual([]);
    });

    test("the same failed run twice, or an older one while a newer waits", async () => {
      agent.holdBusy();
      const { pull, run } = await failedRun();
      await world.gitHub.redeliver(run.guid);
      await world.gitHub.completeRun({
        repo: "octo/app",
        workflow: "CI",
        branch,
        headSha: pull.shas.at(-1) ?? "",
        conclusion: "timed_out",
        jobs: [],
      });
      await untilIn("relay-failure", 2);
      agent.release();
      const text = await untilTold("timed_out");
      expect(text).not.toContain("the parser is broken");
      await world.idle();
      expect(texts()).toHaveLength(1);
    });
  });

  // These tests do not depend on the backend.
  if (name !== "Tasks of 2.34") return;
  describe("the inbox", () => {
    beforeAll(newTask);

    test("a comment on an issue without a task is dropped, and its run succeeds", async () => {
      const other = await world.openIssue("For people");
      await world.idle();
      const before = world.haveEntered("forward-comment", "No task");
      const { comment } = await world.gitHub.comment(other, { by: "mona", body: "I take it." });
      expect(await world.endsOf(other)).toEqual(["SUCCEEDED"]);
      expect(world.haveEntered("forward-comment", "No task")).toBe(before + 1);
      expect(comment.reactions).toEqual([]);
      expect(
        world
          .agents()
          .flatMap(({ inputs }) => inputs.map(({ text }) => text))
          .join(),
      ).not.toContain("I take it.");
    });

    test("after ten messages about failed runs in a row the relay stops and says so; a comment lets it continue", async () => {
      const pull = await agentsPull();
      const fail = (n: number) =>
        world.gitHub.completeRun({
          repo: "octo/app",
          workflow: "CI",
          branch,
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
  });
});
