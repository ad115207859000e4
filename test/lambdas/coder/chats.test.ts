import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Chat, chatSchema } from "../../../lambdas/coder/chats/chat.js";
import type { CreationPatience } from "../../../lambdas/coder/chats/chat-creation.js";
import { viewOf } from "../../../lambdas/coder/chats/chat-view.js";
import type { CoderBackend, CoderTask } from "../../../lambdas/coder/port.js";
import type { CoderSettings } from "../../../lambdas/runtime/environment.js";
import type { FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";
import { connect, create, Deployment, issue, mona, specified } from "./deployments.js";

let deployment: Deployment;
let backend: CoderBackend;
beforeEach(() => deploy());
afterEach(() => deployment.close());

/** Replaces the test's deployment. */
async function deploy(
  options: FakeCoderOptions = {},
  settings: Partial<CoderSettings> = {},
  patience?: CreationPatience,
): Promise<void> {
  await deployment?.close();
  deployment = await Deployment.start({ version: "2.38", ...options }, settings, patience);
  backend = await deployment.coder.preferred();
}

const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: Error) => error.name,
  );
const chat = () => {
  const [found] = deployment.fake.chats();
  if (!found) throw new Error("there is no chat");
  return found;
};

/** The chat's task, once its first turn is over and its workspace is built. */
async function ready(): Promise<CoderTask> {
  const task = await create(backend);
  chat().release();
  const isBuilding = () => deployment.fake.workspaces().some(({ hasActiveBuild }) => hasActiveBuild);
  while (isBuilding()) await sleep(5);
  return task;
}

describe("a new chat", () => {
  test("has labels by which it is found, and a title for people", async () => {
    await create(backend);
    expect(chat().labels).toEqual({
      "relay-target": "octo/app#5",
      "relay-repository-id": "4711",
      "relay-issue": "5",
      "relay-name": "gh-app-5",
      "relay-delivery": "a-delivery",
      "relay-mark": expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const creation = deployment.fake.http.calls.find(({ method }) => method === "POST");
    expect(creation?.body).toMatchObject({ title: "octo/app#5: Fix the parser", client_type: "api" });
  });

  test("uses a workspace of the template, which is recorded before the chat is created", async () => {
    await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
    const specification = await specified(backend);
    await (await backend.prepare(null))(specification);
    const [workspace] = deployment.fake.workspaces();
    expect(workspace).toMatchObject({ name: "gh-app-5" });
    expect(specification.noted).toEqual([
      { workspaceAskedAt: expect.any(Number) },
      { workspaceId: workspace?.id },
    ]);
    expect(chat()).toMatchObject({
      workspaceId: workspace?.id,
      labels: { "relay-workspace-id": workspace?.id },
    });
  });

  test.each(["recorded", "requested without an answer"])(
    "reuses the workspace that an earlier attempt has %s",
    async (how) => {
      await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
      const make = await backend.prepare(null);
      const isNoted = how === "noted";
      deployment.fake.http.fail(
        isNoted
          ? { method: "POST", path: /\/chats$/, status: 400, body: { message: "Not now." } }
          : { method: "POST", path: /\/workspaces$/, lose: "response" },
      );
      const first = await specified(backend);
      expect(await nameOf(make(first))).toBe(isNoted ? "CoderBadRequestError" : "TransientError");
      const [left] = deployment.fake.workspaces();
      const made = await make(await specified(backend, Object.assign({}, ...first.noted)));
      expect(made).toMatchObject({ workspaceId: left?.id });
      expect(deployment.fake.workspaces()).toHaveLength(1);
    },
  );

  test("does not use a workspace that existed before its own request", async () => {
    await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
    const template = deployment.fake.addTemplate({ name: "another" });
    const make = await backend.prepare(null);
    deployment.fake.addWorkspace("gh-app-5", deployment.fake.bot, template);
    expect(await make(await specified(backend))).toBe("taken");
    const askedAt = Date.now() - 3_600_000;
    expect(await make(await specified(backend, { workspaceAskedAt: askedAt }))).toBe("taken");
    expect(deployment.fake.chats()).toEqual([]);
  });

  test("creates a new workspace if the recorded one is gone", async () => {
    await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
    const workspaceId = "00000000-0000-4000-8000-000000000001";
    const task = await (await backend.prepare(null))(await specified(backend, { workspaceId }));
    expect(task).toMatchObject({ workspaceId: deployment.fake.workspaces()[0]?.id });
  });

  test("does not use a workspace that another chat uses or that is being deleted", async () => {
    await deploy({ deleteMs: 3_600_000 }, { CODER_TEMPLATE_NAME: "task-template" });
    const task = await ready();
    const other = { ...issue, repositoryId: 12 };
    const make = await backend.prepare(null);
    expect(await make(await specified(backend, { work: other }))).toBe("taken");
    await backend.remove(task, issue);
    expect(await make(await specified(backend, { work: other }))).toBe("held");
  });

  test("in an unknown organization is refused, and the error names the setting", async () => {
    await deploy({}, { CODER_ORGANIZATION: "nowhere" });
    await expect(backend.prepare(null)).rejects.toThrow(/no organization "nowhere".*Set CODER_ORGANIZATION/);
  });

  test.each([
    [
      "a limit on spending",
      { status: 409, body: { message: "Chat usage limit exceeded." } },
      "ChatUsageLimitError",
    ],
    [
      "no model",
      { status: 400, body: { message: "No chat model is available in this organization." } },
      "CoderBadRequestError",
    ],
  ])("is refused permanently because of %s", async (_, fault, name) => {
    deployment.fake.http.fail({ method: "POST", path: /\/chats$/, ...fault });
    expect(await nameOf(create(backend))).toBe(name);
  });

  test("is archived if Coder gave it to a different user than requested", async () => {
    const make = deployment.fake.http;
    const body = {
      id: "",
      organization_id: "o",
      owner_id: "somebody",
      status: "waiting",
      created_at: "2026-01-01T00:00:00Z",
    };
    await ready();
    make.fail({ method: "POST", path: /\/chats$/, status: 201, body: { ...body, id: chat().id } });
    const other = { ...issue, work: "6" };
    const specification = await specified(backend, { work: other });
    expect(await nameOf((await backend.prepare(null))(specification))).toBe("ChatOwnerError");
    expect(deployment.fake.chats()).toEqual([]);
  });
});

describe("a text", () => {
  test("waits if the queue is full, which is not a rate limit", async () => {
    await deploy({ queueCap: 1 });
    const task = await create(backend);
    chat().holdBusy();
    expect(await backend.send(task, "one")).toBe("sent");
    expect(await backend.send(task, "two")).toBe("busy");
    expect(chat().queued).toEqual(["one"]);
  });

  test("waits as long as a rate limit asks", async () => {
    const task = await ready();
    deployment.fake.http.fail({ method: "POST", status: 429, headers: { "retry-after": "3600" } });
    expect(await nameOf(backend.send(task, "one"))).toBe("RateLimitedError");
  });

  test("does not reopen a chat that somebody has archived: the chat must be resumed first", async () => {
    const task = await ready();
    await backend.stop(task);
    const agent = chat();
    agent.archived = true;
    const paused = await backend.find(task, issue);
    expect(paused?.view.phase).toBe("paused");
    expect(await backend.send(task, "are you there?")).toBe("paused");
    expect(agent).toMatchObject({ archived: true, inputs: [] });

    await backend.resume(paused ?? task);
    expect(await backend.send(task, "are you there?")).toBe("sent");
    expect(agent.inputs.map(({ text }) => text)).toEqual(["are you there?"]);
  });

  test("that a hook denies is a permanent refusal of the text, with a remedy", async () => {
    const task = await ready();
    const body = { message: "No secrets, please", kind: "hook_denied" };
    deployment.fake.http.fail({ method: "POST", path: /\/messages$/, status: 403, body });
    const failing = backend.send(task, "the password is 1234");
    await expect(failing).rejects.toThrow(/rejects this text: No secrets, please\. Say it in other/);
    expect(await nameOf(failing)).toBe("TextDeniedError");
  });

  test("for another user's chat is a configuration error", async () => {
    await deploy({}, { CODER_CHAT_IDENTITY: "requester" });
    const task = await create(backend);
    const asBot = connect(deployment.fake.url, deployment.fake.token);
    const failing = (await asBot.preferred()).send(task, "hello");
    await expect(failing).rejects.toThrow(/only from its owner.*CODER_CHAT_IDENTITY.*assign it again/);
    expect(await nameOf(failing)).toBe("ChatOwnerError");
  });

  test("starts another attempt if the last turn has failed", async () => {
    const task = await ready();
    chat().failTurn({ kind: "usage_limit", message: "over budget" });
    expect((await backend.find(task, issue))?.view.phase).toBe("ready");
    expect(await backend.send(task, "again")).toBe("sent");
    expect((await backend.find(task, issue))?.view.report ?? "").not.toContain("failed");
  });

  test("is found far back in a long history", async () => {
    await deploy({ turnMs: 0 });
    const task = await ready();
    await backend.send(task, "Reference: first");
    for (let i = 0; i < 150; i++) {
      await backend.send(task, `message ${i}`);
      chat().release();
    }
    expect(chat().turns.messages.length).toBeGreaterThan(200);
    expect(await backend.reception(task, "Reference: first")).toBe("received");
    expect(await backend.reception(task, "Reference: none")).toBe("not received");
  });
});

describe("an agent that continues its turn", () => {
  test("gets one message about it, even after it was archived", async () => {
    await deploy({ turnMs: 3_600_000 });
    const task = await ready();
    chat().archived = true;
    const [agent] = deployment.fake.archivedChats();
    const paused = await backend.find(task, issue);
    for (let i = 0; i < 2; i++) {
      await backend.resume(paused ?? task);
      await backend.continueTurn(task);
    }
    expect(agent).toMatchObject({ archived: false, status: "running" });
    expect(agent?.inputs.map(({ text }) => text)).toEqual([expect.stringMatching(/Continue/)]);
  });

  test("is waited for while it is still being interrupted", async () => {
    await deploy({ turnMs: 3_600_000 });
    const task = await create(backend);
    expect(await nameOf(backend.stop(task))).toBe("TaskBusyError");
    expect(await nameOf(backend.continueTurn(task))).toBe("TaskBusyError");
    chat().release();
    await backend.continueTurn(task);
    expect(chat().inputs).toHaveLength(1);
  });
});

describe("a creation that takes Coder a long time", () => {
  const creation = { method: "POST", path: /\/chats$/ };

  test("results in one chat, because the relay searches until it exists", async () => {
    await deploy({}, {}, { timeoutMs: 50, awaitMs: 20_000 });
    deployment.fake.http.fail({ ...creation, delayMs: 300 });
    const task = await create(backend);
    expect(deployment.fake.chats().map(({ id }) => id)).toEqual([task.id]);
    expect(deployment.fake.http.calls.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("may still result in two chats, and then both are ended", async () => {
    await deploy({}, {}, { timeoutMs: 50, awaitMs: 0 });
    deployment.fake.http.fail({ ...creation, delayMs: 500 });
    expect(await nameOf(create(backend))).toBe("TransientError");
    const task = await create(backend);
    while (deployment.fake.chats().length < 2) await sleep(5);
    await backend.remove(task, issue);
    expect(deployment.fake.chats()).toEqual([]);
  });
});

describe("the end of a chat", () => {
  test("does not wait for the agent's subagents, which are also interrupted", async () => {
    const task = await ready();
    const agent = chat();
    const helper = agent.callHelper();
    helper.holdBusy();
    await backend.remove(task, issue);
    expect([agent, helper]).toMatchObject([{ archived: true }, { archived: true, status: "waiting" }]);
  });

  test("does not delete a workspace that another chat now uses", async () => {
    await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
    const task = await ready();
    const { id } = await create(backend);
    expect(id).toBe(task.id);
    await fetch(`${deployment.fake.url}/api/v2/chats`, {
      method: "POST",
      headers: { "Coder-Session-Token": deployment.fake.token, "Content-Type": "application/json" },
      body: JSON.stringify({
        organization_id: chat().organization.id,
        content: [{ type: "text", text: "my own business" }],
        workspace_id: task.workspaceId,
      }),
    });
    while (deployment.fake.chats().some(({ status }) => status !== "waiting")) await sleep(5);
    await backend.remove(task, issue);
    expect(deployment.fake.chats().map(({ prompt }) => prompt)).toEqual(["my own business"]);
    expect(deployment.fake.workspaces()[0]?.latestBuild.transition).toBe("start");
  });

  test("comes before the messages that wait in its queue", async () => {
    const task = await ready();
    const agent = chat();
    agent.holdBusy();
    await backend.send(task, "too late");
    await backend.remove(task, issue);
    expect(agent).toMatchObject({ archived: true, inputs: [], queued: [] });
  });

  test("deletes the workspace even if the chat was purged", async () => {
    await deploy({}, { CODER_TEMPLATE_NAME: "task-template" });
    const task = await ready();
    chat().purge();
    await backend.remove(task, issue);
    expect(deployment.fake.workspaces().map(({ latestBuild }) => latestBuild.transition)).not.toContain(
      "start",
    );
  });

  test("waits for a workspace that is still being built", async () => {
    await deploy({ bootMs: 3_600_000 }, { CODER_TEMPLATE_NAME: "task-template" });
    const task = await create(backend);
    expect(await nameOf(backend.remove(task, issue))).toBe("TaskBusyError");
    expect(deployment.fake.chats()).toEqual([]);
  });

  test("waits for an agent that keeps working", async () => {
    await deploy({ turnMs: 3_600_000 });
    const task = await create(backend);
    expect(await nameOf(backend.stop(task))).toBe("TaskBusyError");
  });
});

describe("the owner of chats", () => {
  test("is the bot: neither disabled sharing nor a person whom Coder does not know is a failure", async () => {
    await deploy({ chatSharing: false });
    const task = await create(backend);
    await backend.share(task, mona);
    await backend.share(task, { id: 1, login: "stranger", type: "User" });
    expect(chat().viewers.size).toBe(0);
  });

  test("is the requester: the short-lived token is deleted after use, even after a failure", async () => {
    await deploy({}, { CODER_CHAT_IDENTITY: "requester" });
    const http = deployment.fake.http;
    http.fail({ method: "POST", path: /\/chats$/, status: 400, body: { message: "no" } });
    expect(await nameOf(create(backend))).toBe("CoderBadRequestError");
    expect(deployment.fake.mintedTokens()).toEqual([]);
    const minting = http.calls.find(({ path }) => path.endsWith("/keys/tokens"));
    expect(minting?.body).toMatchObject({ token_name: expect.stringMatching(/^relay-[0-9a-f]{16}$/) });
    expect(minting?.body).toHaveProperty("lifetime", 600_000_000_000);

    http.fail({ method: "DELETE", path: /\/keys\//, status: 500 });
    await create(backend);
    expect(chat().owner).toBe("mona-c");
  });

  test("is the requester: the error tells a person without a Coder user what to do", async () => {
    await deploy({}, { CODER_CHAT_IDENTITY: "requester" });
    const stranger = { id: 1, login: "stranger", type: "User" };
    expect(await nameOf(backend.ownerOf(stranger))).toBe("NoCoderUserError");
    expect(await backend.search(issue, stranger)).toBeUndefined();
  });
});

describe("the view of a chat", () => {
  const seen = (changes: Partial<Record<keyof Chat, unknown>>) =>
    viewOf(
      chatSchema.parse({
        id: "c",
        organization_id: "o",
        owner_id: "u",
        status: "waiting",
        created_at: "2026-11-01T00:00:00Z",
        ...changes,
      }),
    );

  test.each([
    ["waiting", "ready"],
    ["completed", "ready"],
    ["error", "ready"],
    ["running", "working"],
    ["interrupting", "working"],
    ["pending", "working"],
    ["requires_action", "working"],
    ["paused", "working"],
    ["a status of a later release", "working"],
  ])("%s is %s", (status, phase) => {
    expect(seen({ status })).toMatchObject({ phase, status, queues: true });
    expect(seen({ status, archived: true }).phase).toBe("paused");
  });

  test("has no report if nothing is known", () => {
    const zero = { chat_id: "c", pull_request_title: "", additions: 0 };
    for (const diff_status of [undefined, null, zero]) {
      expect(seen({ diff_status, last_error: null, last_turn_summary: null })).not.toHaveProperty("report");
    }
  });

  test("reports the pull request, the last turn and its error", () => {
    const { report } = seen({
      status: "error",
      last_turn_summary: "Fixed the\nparser.",
      diff_status: { pr_number: 7, url: "https://github.com/octo/app/pull/7", pull_request_state: "open" },
      last_error: { message: "Budget exceeded", kind: "usage_limit", retryable: false },
    });
    expect(report?.split("\n")).toEqual([
      "Pull request #7 (open): https://github.com/octo/app/pull/7",
      "Last turn: Fixed the parser.",
      "The last turn has failed (usage_limit): Budget exceeded The chat owner's AI budget is used up: raise it in Coder, or wait for its period to end. The next comment makes the agent try again.",
    ]);
  });

  test.each(["usage_limit", "missing_key", "content_filter", "provider_disabled", "overloaded"])(
    "has a specific remedy for %s",
    (kind) => {
      const { report } = seen({ status: "error", last_error: { message: "m", kind } });
      expect(report).not.toContain("Look at the chat in Coder");
    },
  );

  test("also reports errors that are plain text or of an unknown kind", () => {
    expect(seen({ status: "error", last_error: "boom" }).report).toContain("boom Look at the chat");
    expect(seen({ status: "error", last_error: { message: "m", kind: "new_kind" } }).report).toContain(
      "new_kind",
    );
  });

  test("limits the length of texts and removes control characters", () => {
    const { report = "" } = seen({ last_turn_summary: `\u001b[31m${"a".repeat(5000)}` });
    expect(report.length).toBeLessThan(700);
    expect(report).not.toContain("\u001b");
    expect(seen({ diff_status: { pr_number: 7, url: "javascript:alert(1)" } }).report).toBe(
      "Pull request #7",
    );
  });
});
