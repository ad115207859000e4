import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

let world: World;
let issue: Issue;
/** Coder after the upgrade. */
let upgraded: FakeCoder;
beforeEach(async () => {
  world = await World.start();
  issue = await world.openIssue();
  await world.assign(issue);
  await world.untilStatus(issue, "is running");
  await world.idle();
  upgraded = await upgrade();
});
afterEach(async () => {
  await world.close();
  await upgraded.close();
});

/** Replaces the old Coder by one without Tasks at the same address, with the same users and token. */
async function upgrade(): Promise<FakeCoder> {
  const { url, token } = world.coder;
  await world.coder.close();
  const next = new FakeCoder({ version: "2.38", token });
  await next.listen(Number(new URL(url).port));
  next.addUser({ username: "mona-c", githubId: issue.user.id });
  return next;
}

async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

describe("after Coder has dropped the API that a task was created with", () => {
  test("the next comment is kept and the status comment explains it; the next assignment creates a chat, which gets the comment", async () => {
    await world.gitHub.comment(issue, { by: "mona", body: "how far are you?" });
    const status = await world.untilStatus(issue, "is gone");
    expect(status).toMatch(/no longer has the Tasks API.*kept for a day.*assign it again/s);
    await allWell();

    await world.unassign(issue);
    await allWell();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const chat = upgraded.chat("octo/app#1");
    expect(world.statusComments(issue).join()).toContain(`/agents/${chat?.id}`);
    await until("the chat gets the message", () =>
      chat?.inputs.some(({ text }) => text.includes("how far are you?")),
    );
    await allWell();

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell();
    expect(upgraded.chats()).toEqual([]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("an assignment alone creates a chat", async () => {
    await world.assign(issue);
    await until("there is a chat", () => upgraded.chats().length === 1);
    await allWell();
    expect(await world.untilStatus(issue, "is running")).toContain("/agents/");
  });

  test("a close cleans up without an error", async () => {
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell();
    expect(upgraded.chats()).toEqual([]);
  });

  test("a new issue gets a chat", async () => {
    const other = await world.openIssue();
    await world.assign(other);
    await world.untilStatus(other, "is running");
    await allWell();
    expect(upgraded.chats()).toHaveLength(1);
  });
});
