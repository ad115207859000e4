import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { FakeChat } from "../../local/fake-coder/chats/chat.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import { until, World } from "./support.js";

let world: World;

/** Waits for the end of all runs, which must have succeeded. */
async function allWell(): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}

/** The owner edits the next message in the chat's queue, as in Coder's pages. */
async function editHead(chat: FakeChat, editing: boolean): Promise<void> {
  const { token } = world.coder;
  const keys = `${world.coder.url}/api/v2/users/${chat.owner}/keys/tokens`;
  const post = (url: string, key: string, method: string, body: unknown) =>
    fetch(url, {
      method,
      headers: { "Coder-Session-Token": key, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  const minted = await post(keys, token, "POST", { token_name: `edit-${chat.id}-${editing}` });
  const { key } = (await minted.json()) as { key: string };
  const [head] = chat.turns.queue;
  const path = `/api/v2/chats/${chat.id}/queue/${head?.id}`;
  expect((await post(`${world.coder.url}${path}`, key, "PATCH", { editing })).status).toBe(204);
}

/** An issue whose chat is paused because its owner edits the first of two queued comments. */
async function pausedIssue(): Promise<[Issue, FakeChat]> {
  const issue = await world.runningIssue();
  await world.idle();
  const chat = world.agentOf(issue) as FakeChat;
  chat.holdBusy();
  for (const body of ["first", "second"]) {
    await world.gitHub.comment(issue, { by: "mona", body });
    await until(`"${body}" waits`, () => chat.queued.some((text) => text.includes(body)));
  }
  await allWell();
  await editHead(chat, true);
  chat.release();
  expect(chat.status).toBe("paused");
  return [issue, chat];
}

describe.each([
  ["a chat that belongs to the bot,", "bot", { version: "2.40" }],
  ["a chat that belongs to the requester,", "requester", { version: "2.40" }],
] as const)("%s whose queue is being edited", (_, identity, coder) => {
  beforeAll(async () => {
    world = await World.start({ coder, settings: { CODER_CHAT_IDENTITY: identity } });
  });
  afterAll(() => world.close());

  test("ends with its issue, and its queue is no longer sent", async () => {
    const [issue, chat] = await pausedIssue();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell();
    expect(chat).toMatchObject({ archived: true, inputs: [], queued: [] });
  });

  test("counts as stopped if the agent is unassigned, and continues when the edit is over", async () => {
    const [issue, chat] = await pausedIssue();
    await world.unassign(issue);
    await world.untilStatus(issue, "is paused");
    await allWell();
    expect(chat).toMatchObject({ status: "paused", archived: false });
    await world.assign(issue);
    await world.untilRunning(issue);
    await allWell();
    await editHead(chat, false);
    await until("the agent gets both messages", () => chat.inputs.length === 2);
    expect(world.agentsFor(issue)).toEqual([chat]);
  });
});

test("queued messages of a requester's chat are deleted with the requester's token, because only owners may", async () => {
  world = await World.start({
    coder: { version: "2.38", queueEdits: true },
    settings: { CODER_CHAT_IDENTITY: "requester" },
  });
  const issue = await world.runningIssue();
  await world.idle();
  const [chat] = world.coder.chats();
  chat?.holdBusy();
  await world.gitHub.comment(issue, { by: "mona", body: "too late" });
  await until("it waits", () => chat?.queued.length === 1);
  await allWell();
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  await allWell();
  expect(chat).toMatchObject({ archived: true, inputs: [], queued: [] });
  expect(world.coder.mintedTokens()).toEqual([]);
  await world.close();
});
