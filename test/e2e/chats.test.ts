import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

/** Cases that only the Chats API has. */

let world: World;
beforeAll(async () => {
  world = await World.start({ coder: { version: "2.38", queueCap: 1 }, isPrivate: true });
});
afterAll(() => world.close());

/** An issue whose agent works until it is released. */
async function atWork(): Promise<{ issue: Issue; chat: FakeChat }> {
  const issue = await world.openIssue();
  await world.assign(issue);
  const chat = await until("there is a chat", () => world.coder.chat(`octo/app#${issue.number}`));
  chat.holdBusy();
  await world.untilStatus(issue, "is running");
  await allWell();
  return { issue, chat };
}

/** Waits for the end of all runs, which must have succeeded. */
async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

const told = ({ inputs }: FakeChat) => inputs.map(({ text }) => text).join("\n");

test.each([0, 5, 20, 60])(
  "an agent that is unassigned, and assigned again %i ms later, continues to work",
  async (ms) => {
    const { issue, chat } = await atWork();
    const unassigned = await world.gitHub.unassign(issue, {
      by: "mona",
      assignee: world.gitHub.agentLogin,
      deliver: false,
    });
    const assigned = await world.gitHub.assign(issue, {
      by: "mona",
      assignee: world.gitHub.agentLogin,
      deliver: false,
    });
    const sending = world.gitHub.send(unassigned);
    const start = Date.now();
    await until("some milliseconds are over", () => Date.now() - start >= ms);
    await Promise.all([sending, world.gitHub.send(assigned)]);
    await allWell();
    await until("the agent works", () => chat.status === "running");
    await world.untilStatus(issue, "is running");
  },
);

test("an agent that somebody archived is told to continue when it is assigned again", async () => {
  const { issue, chat } = await atWork();
  chat.release();
  await until("its turn is over", () => chat.status === "waiting");
  chat.archived = true;
  await world.assign(issue);
  await allWell();
  expect(chat.archived).toBe(false);
  expect(told(chat)).toContain("Continue your work");
});

test("a text that is sent while a close archives the chat does not reopen it", async () => {
  const { issue, chat } = await atWork();
  const path = new RegExp(`${chat.id}/messages$`);
  let hasArrived = false;
  let isArchived = false;
  const hold = () => {
    hasArrived = true;
    return until("the chat is archived", () => isArchived);
  };
  world.coder.http.fail({ method: "POST", path, hold });
  await world.gitHub.comment(issue, { by: "mona", body: "too late" });
  await until("the text is on its way", () => hasArrived);
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  isArchived = true;
  await allWell();
  const refused = world.coder.http.calls.filter((call) => path.test(call.path) && call.status === 400);
  expect(refused).toHaveLength(1);
  expect(chat.archived).toBe(true);
  expect(told(chat)).not.toContain("too late");
  await world.untilStatus(issue, "Completed");
});

test("a text that a hook denies is reported on the issue, and all others are sent", async () => {
  const { issue, chat } = await atWork();
  const say = (body: string) => world.gitHub.comment(issue, { by: "mona", body });
  const body = { message: "No secrets, please", kind: "hook_denied" };
  await say("fills the queue");
  await until("the queue is full", () => chat.queued.length === 1);
  await allWell();

  const { comment: bad } = await say("the password is swordfish");
  await until("it waits", () => world.executions("drain-inbox").some(({ status }) => status === "RUNNING"));
  await say("and mind the tests");
  await until("both are in the inbox", () =>
    world.executions("forward-comment").every(({ status }) => status === "SUCCEEDED"),
  );
  // The message with both inputs, then the first one alone.
  const path = new RegExp(`${chat.id}/messages$`);
  const isFull = () => world.coder.http.calls.some(({ path: at, status }) => path.test(at) && status === 429);
  await until("the queue was found full", isFull);
  world.coder.http.fail({ method: "POST", path, status: 403, body, times: 2 });
  chat.release();
  const status = await world.untilStatus(issue, "No secrets, please");
  expect(status).toContain(`#issuecomment-${bad.id}`);
  expect(status).toContain("Say it in other words");
  await until("the other agent gets the message", () => told(chat).includes("and mind the tests"));
  await allWell();
  expect(told(chat)).not.toContain("swordfish");
  expect(await world.untilStatus(issue, "No secrets, please")).not.toContain("has failed");

  await world.gitHub.editComment(bad, { by: "mona", body: "the password is in the vault" });
  await until("the agent gets the message", () => told(chat).includes("in the vault"));
  await until(
    "the refusal is no longer shown",
    () => !world.statusComments(issue).join().includes("No secrets"),
  );
});
