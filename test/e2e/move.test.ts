import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

let world: World;
/** Coder after the upgrade. */
let upgraded: FakeCoder;
/** Issues whose tasks were created before it. */
let issues: [Issue, Issue, Issue];
beforeAll(async () => {
  world = await World.start();
  issues = [await world.runningIssue(), await world.runningIssue(), await world.runningIssue()];
  await world.idle();
  upgraded = await upgrade();
});
afterAll(async () => {
  await world.close();
  await upgraded.close();
});

const chatOf = ({ number }: Issue) => upgraded.chat(`octo/app#${number}`);

/** Replaces the old Coder with one without Tasks at the same address, with the same users and token. */
async function upgrade(): Promise<FakeCoder> {
  const { url, token } = world.coder;
  await world.coder.close();
  const next = new FakeCoder({ version: "2.38", token });
  await next.listen(Number(new URL(url).port));
  next.addUser({ username: "mona-c", githubId: issues[0].user.id });
  return next;
}

async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

describe("after Coder has dropped the API that a task was created with", () => {
  test("the next comment is kept and the status comment says so; the next assignment creates a chat, which gets the comment", async () => {
    const [issue] = issues;
    await world.gitHub.comment(issue, { by: "mona", body: "how far are you?" });
    const status = await world.untilStatus(issue, "is gone");
    expect(status).toMatch(/no longer has the Tasks API.*kept for a day.*assign it again/s);
    await allWell();

    await world.unassign(issue);
    await allWell();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const chat = chatOf(issue);
    expect(world.statusComments(issue).join()).toContain(`/agents/${chat?.id}`);
    await until("the chat gets the message", () =>
      chat?.inputs.some(({ text }) => text.includes("how far are you?")),
    );
    await allWell();

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell();
    expect(chatOf(issue)).toBeUndefined();
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("an assignment alone creates a chat", async () => {
    const [, issue] = issues;
    await world.assign(issue);
    await until("there is a chat", () => chatOf(issue));
    await allWell();
    expect(await world.untilStatus(issue, "is running")).toContain("/agents/");
  });

  test("a close cleans up without an error", async () => {
    const [, , issue] = issues;
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell();
    expect(chatOf(issue)).toBeUndefined();
  });

  test("a new issue gets a chat", async () => {
    const other = await world.openIssue();
    await world.assign(other);
    await world.untilStatus(other, "is running");
    await allWell();
    expect(chatOf(other)).toBeDefined();
  });
});
