import { afterEach, describe, expect, test } from "@jest/globals";
import type { FakeUser } from "../../../local/fake-coder/api/user.js";
import type { FakeChat } from "../../../local/fake-coder/chats/chat.js";
import { FakeCoder, type FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";

const zero = "00000000-0000-0000-0000-000000000000";
const hidden = "Resource not found or you do not have access to this resource";
const noRoute = { status: 404, body: { message: "Route not found." } };

let coder: FakeCoder;
let mona: FakeUser;
let base: string;
let organization: string;

afterEach(() => coder.close());

/** A server with the user mona, whose turns end when the test ends them; `base` is the path of its chats. */
async function start(options: FakeCoderOptions = {}): Promise<void> {
  coder = new FakeCoder({ version: "2.38", bootMs: 4, stopMs: 4, deleteMs: 4, turnMs: 60_000, ...options });
  await coder.listen();
  mona = coder.addUser({ username: "mona", githubId: 583231 });
  const isOld = options.version === "2.34" || options.version === "2.35";
  base = isOld ? "/api/experimental/chats" : "/api/v2/chats";
  organization = (await get("/api/v2/organizations/default")).body.id;
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read bodies of many shapes.
  body: any;
}

async function call(method: string, path: string, body?: unknown, token = coder.token): Promise<Answer> {
  const response = await fetch(`${coder.url}${path}`, {
    method,
    headers: { "Coder-Session-Token": token },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

const get = (path: string, token?: string) => call("GET", path, undefined, token);
const text = (value: string) => [{ type: "text", text: value }];
const create = (fields: object = {}, token?: string) =>
  call(
    "POST",
    base,
    {
      organization_id: organization,
      content: text("Fix the login page"),
      labels: { "relay-target": "acme/site#5" },
      ...fields,
    },
    token,
  );
const at = (chat: FakeChat, rest = "") => `${base}/${chat.id}${rest}`;
const send = (chat: FakeChat, value: string, fields: object = {}, token?: string) =>
  call("POST", at(chat, "/messages"), { content: text(value), ...fields }, token);
const edit = (chat: FakeChat, fields: object, token?: string) => call("PATCH", at(chat), fields, token);
const interrupt = (chat: FakeChat, token?: string) => call("POST", at(chat, "/interrupt"), undefined, token);
const list = (query = "", token?: string) => get(`${base}?${query}`, token);
const ids = (answer: Answer) => answer.body.map(({ id }: { id: string }) => id);
const tokenOf = (user: FakeUser) => coder.mintToken(user).key;

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 4000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function newChat(fields: object = {}, token?: string): Promise<FakeChat> {
  const { body } = await create(fields, token);
  const chat = coder.chat(body.id);
  if (!chat) throw new Error(`There is no chat: ${JSON.stringify(body)}`);
  return chat;
}

async function idleChat(fields: object = {}): Promise<FakeChat> {
  const chat = await newChat(fields);
  chat.release();
  return chat;
}

describe("versions", () => {
  const paths = {
    tasks: "/api/v2/tasks",
    oldTasks: "/api/experimental/tasks",
    chats: "/api/v2/chats",
    oldChats: "/api/experimental/chats",
  };

  test.each<[FakeCoderOptions, (keyof typeof paths)[]]>([
    [{ version: "2.30" }, ["tasks", "oldTasks"]],
    [{ version: "2.34" }, ["tasks", "oldTasks"]],
    [{ version: "2.34", chats: true }, ["tasks", "oldTasks", "oldChats"]],
    [{ version: "2.35" }, ["tasks", "oldTasks", "oldChats"]],
    [{ version: "2.35", tasks: false }, ["oldChats"]],
    [{ version: "2.37" }, ["chats", "oldChats"]],
    [{ version: "2.38" }, ["chats"]],
    [{ version: "2.38", chats: false }, []],
  ])("%j serve %j", async (options, there) => {
    await start(options);
    for (const name of Object.keys(paths) as (keyof typeof paths)[]) {
      const answer = await get(paths[name]);
      if (there.includes(name)) expect([name, answer.status]).toEqual([name, 200]);
      else expect(answer).toMatchObject(noRoute);
    }
    const { body } = await get("/api/v2/buildinfo");
    expect(body.version).toMatch(new RegExp(`^v${options.version}\\.`));
  });

  test("can be changed, and the data is kept", async () => {
    await start({ version: "2.34" });
    const template = coder.addTemplate({ name: "agent" });
    const fields = { name: "gh-1", input: "Fix it", template_version_id: template.versions[0]?.id };
    expect((await call("POST", "/api/v2/tasks/mona", fields)).status).toBe(201);
    expect(await get("/api/v2/chats")).toMatchObject(noRoute);
    coder.upgrade("2.38");
    expect(await get("/api/v2/tasks/mona/gh-1")).toMatchObject(noRoute);
    expect((await get("/api/v2/chats")).body).toEqual([]);
    expect((await get("/api/v2/buildinfo")).body.version).toBe("v2.38.0+fake");
    expect((await get("/api/v2/users/mona/workspace/gh-1")).status).toBe(200);
  });

  test("with both paths show the same chats under both", async () => {
    await start({ version: "2.37" });
    const chat = await newChat();
    expect((await get(`/api/experimental/chats/${chat.id}`)).body.id).toBe(chat.id);
  });
});

describe("creating a chat", () => {
  test("creates a running one, with Coder's keys and without the keys that Coder omits", async () => {
    await start();
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      organization_id: organization,
      owner_id: coder.bot.id,
      owner_username: "relay-bot",
      root_chat_id: body.id,
      status: "running",
      last_turn_summary: null,
      summary: null,
      archived: false,
      shared: false,
      has_unread: false,
      pin_order: 0,
      mcp_server_ids: [],
      labels: { "relay-target": "acme/site#5" },
      client_type: "api",
      children: [],
    });
    for (const absent of ["diff_status", "last_error", "workspace_id", "parent_chat_id", "plan_mode"]) {
      expect(body).not.toHaveProperty(absent);
    }
    const chat = coder.chat("acme/site#5");
    expect(chat).toMatchObject({ id: body.id, prompt: "Fix the login page", inputs: [], owner: "relay-bot" });
    expect(coder.chats()).toEqual([chat]);
  });

  test("ignores unknown fields, and allows two with the same label", async () => {
    await start();
    expect((await create({ no_such_field: 1 })).status).toBe(201);
    expect((await create()).status).toBe(201);
    expect(coder.chats()).toHaveLength(2);
  });

  test.each<[string, object, number, string]>([
    ["no organization", { organization_id: undefined, owner_id: zero }, 400, "organization_id is required."],
    ["a zero owner", { owner_id: zero }, 400, "Invalid owner_id: must be a user ID or omitted."],
    [
      "a foreign organization",
      { organization_id: "11111111-1111-4111-8111-111111111111", content: [] },
      403,
      "You are not a member of the specified organization.",
    ],
    [
      "an unknown owner",
      { owner_id: "11111111-1111-4111-8111-111111111111", content: [] },
      400,
      "Chat owner must be an active member of the organization.",
    ],
    [
      "no content",
      { content: [], workspace_id: mintedId(), labels: { "": "" } },
      400,
      "Content is required.",
    ],
    ["a blank text", { content: text(" \n") }, 400, "Invalid input part."],
    ["an unknown part", { content: [{ type: "x" }] }, 400, "Invalid input part."],
    [
      "an unknown workspace",
      { workspace_id: mintedId(), model_config_id: mintedId() },
      400,
      "Workspace not found or you do not have access to this resource",
    ],
    [
      "an unknown model",
      { model_config_id: mintedId(), plan_mode: "x" },
      400,
      "Invalid model_config_id: model config not found or disabled.",
    ],
    ["a bad plan mode", { plan_mode: "x", labels: { "": "" } }, 400, "Invalid plan_mode value."],
    ["bad labels", { labels: { "-a": "", b: "x".repeat(257) }, client_type: "x" }, 400, "Invalid labels."],
    ["a bad client type", { client_type: "x", reasoning_effort: "x" }, 400, "Invalid client_type."],
    ["a bad effort", { reasoning_effort: "x" }, 400, "Invalid reasoning_effort value."],
  ])("refuses %s before later faults", async (_, fields, status, message) => {
    await start();
    expect(await create(fields)).toMatchObject({ status, body: { message } });
    expect(coder.chats()).toEqual([]);
  });

  test("says which part and which labels are wrong", async () => {
    await start();
    expect((await create({ content: text("") })).body.detail).toBe("content[0].text cannot be empty.");
    expect((await create({ content: [{ type: "x" }] })).body.detail).toBe(
      'content[0].type "x" is not supported.',
    );
    expect((await create({ labels: { "-a": "", b: "x".repeat(257) } })).body.validations).toHaveLength(3);
    expect((await create({ labels: { url: `https://x/${"y".repeat(246)}` } })).status).toBe(201);
  });

  test("is limited to 256 KiB", async () => {
    await start();
    expect((await create({ content: text("x".repeat(256 * 1024)) })).status).toBe(413);
    expect((await create({ content: text("x".repeat(255 * 1024)) })).status).toBe(201);
  });

  test("needs a model", async () => {
    await start({ chatModels: false });
    expect(await create()).toMatchObject({
      status: 400,
      body: { message: "No chat model is available in this organization." },
    });
  });

  test("is a 503 while the AI Gateway is off, like every change of a chat; reads work", async () => {
    await start();
    const chat = await idleChat();
    coder.turnGatewayOff();
    const off = { status: 503, body: { message: expect.stringContaining("AI Gateway must be enabled") } };
    expect(await create({ organization_id: undefined })).toMatchObject(off);
    expect(await send(chat, "x")).toMatchObject(off);
    expect(await interrupt(chat)).toMatchObject(off);
    expect(await edit(chat, { archived: true })).toMatchObject(off);
    expect((await get(at(chat))).status).toBe(200);
    expect(ids(await list())).toEqual([chat.id]);
  });
});

describe("creating a chat for another user", () => {
  test("is allowed for site owners, who can then only read and end the chat", async () => {
    await start();
    const { status, body } = await create({ owner_id: mona.id });
    expect(status).toBe(201);
    expect(body).toMatchObject({ owner_id: mona.id, owner_username: "mona" });
    const chat = coder.chat(body.id);
    if (!chat) throw new Error("There is no chat.");
    expect(await send(chat, "x")).toMatchObject({
      status: 403,
      body: { message: "Only the chat owner may send messages." },
    });
    expect(ids(await list("label=relay-target:acme/site%235"))).toEqual([]);
    expect((await get(at(chat, "/messages"))).body.messages[0].created_by).toBe(coder.bot.id);
    chat.release();
    expect((await edit(chat, { archived: true })).status).toBe(204);
  });

  test("is a 403 for org-admins and members, and a 400 for owners without chats", async () => {
    await start();
    const robot = coder.addUser({ username: "robot", role: "service-account" });
    const gone = coder.addUser({ username: "gone", status: "suspended" });
    expect((await create({ owner_id: gone.id })).body.message).toMatch(/must be an active member/);
    expect((await create({ owner_id: robot.id })).body.message).toBe(
      "Chat owner does not have permission to use chats.",
    );
    for (const role of ["org-admin", "member"] as const) {
      coder.setTokenRole(role);
      expect(await create({ owner_id: mona.id })).toMatchObject({
        status: 403,
        body: { message: "Forbidden." },
      });
    }
  });

  test.each([{ version: "2.37" }, { version: "2.38", ownerIdSupport: false }] as FakeCoderOptions[])(
    "silently creates a chat of the caller with %j",
    async (options) => {
      await start(options);
      expect(await create({ owner_id: mona.id })).toMatchObject({
        status: 201,
        body: { owner_id: coder.bot.id },
      });
    },
  );
});

describe("who may do what with a chat", () => {
  test("admins may read and end it, other users do not see it", async () => {
    await start();
    const own = tokenOf(mona);
    const chat = await newChat({}, own);
    for (const role of ["owner", "org-admin"] as const) {
      coder.setTokenRole(role);
      expect((await get(at(chat))).status).toBe(200);
      expect((await send(chat, "x")).status).toBe(403);
      expect(ids(await list())).toEqual([]);
    }
    expect((await interrupt(chat)).status).toBe(200);
    coder.setTokenRole("member");
    for (const answer of [await get(at(chat)), await send(chat, "x"), await edit(chat, { archived: true })]) {
      expect(answer).toMatchObject({ status: 404, body: { message: hidden } });
    }
    expect((await send(chat, "x", {}, own)).status).toBe(200);
    expect(ids(await list("", own))).toEqual([chat.id]);
  });

  test("a service account needs the right to use chats", async () => {
    await start();
    const robot = coder.addUser({ username: "robot", role: "service-account" });
    expect((await create({}, tokenOf(robot))).status).toBe(403);
    const useful = coder.addUser({ username: "useful", role: "service-account", agentsAccess: true });
    expect((await create({}, tokenOf(useful))).status).toBe(201);
  });

  test("sharing lets another user read it", async () => {
    await start();
    const chat = await newChat();
    const own = tokenOf(mona);
    expect((await get(at(chat), own)).status).toBe(404);
    const share = (role: string) => call("PATCH", at(chat, "/acl"), { user_roles: { [mona.id]: role } });
    expect((await share("write")).status).toBe(400);
    expect((await share("read")).status).toBe(204);
    expect((await get(at(chat), own)).body.shared).toBe(true);
    expect((await get(at(chat, "/acl"))).body.users).toMatchObject([{ username: "mona", role: "read" }]);
    expect((await send(chat, "x", {}, own)).status).toBe(404);
    expect(ids(await list("", own))).toEqual([]);
    expect(ids(await list("q=source:created_by_me,shared_with_me", own))).toEqual([chat.id]);
    await share("");
    expect((await get(at(chat), own)).status).toBe(404);
    const self = await call("PATCH", at(chat, "/acl"), { user_roles: { [coder.bot.id]: "read" } });
    expect(self.body.message).toBe("Cannot change your own chat sharing role.");
  });

  test("sharing may be turned off", async () => {
    await start({ chatSharing: false });
    const chat = await newChat();
    const share = await call("PATCH", at(chat, "/acl"), { user_roles: { [mona.id]: "read" } });
    expect(share).toMatchObject({
      status: 403,
      body: { message: "Chat sharing is disabled for this deployment." },
    });
  });
});

describe("reading a chat", () => {
  test("is a 404 for unknown and purged chats and a 400 for an invalid id", async () => {
    await start();
    const chat = await newChat();
    expect((await get(`${base}/nonsense`)).status).toBe(400);
    expect(await get(`${base}/${mintedId()}`)).toMatchObject({ status: 404, body: { message: hidden } });
    chat.purge();
    expect((await send(chat, "x")).status).toBe(404);
    expect(coder.chats()).toEqual([]);
  });

  test("shows the pull request, the summaries and the error once they exist", async () => {
    await start();
    const chat = await idleChat();
    expect((await list()).body[0].diff_status).toEqual({
      chat_id: chat.id,
      pull_request_title: "",
      pull_request_draft: false,
      changes_requested: false,
      additions: 0,
      deletions: 0,
      changed_files: 0,
    });
    expect((await get(at(chat))).body).not.toHaveProperty("diff_status");
    chat.setPullRequest({ number: 7, url: "https://github.com/acme/site/pull/7", draft: true });
    chat.setSummary("Opened a pull request.");
    chat.failTurn({ kind: "usage_limit", message: "Out of budget." });
    expect((await get(at(chat))).body).toMatchObject({
      status: "error",
      last_error: { message: "Out of budget.", kind: "usage_limit", retryable: false },
      last_turn_summary: "Opened a pull request.",
      diff_status: { pr_number: 7, pull_request_state: "open", pull_request_draft: true },
    });
    await send(chat, "Again");
    expect((await get(at(chat))).body).not.toHaveProperty("last_error");
  });

  test("shows a wait for capacity only in the answer for a single chat", async () => {
    await start();
    const chat = await newChat();
    chat.queuedForCapacity = true;
    expect((await get(at(chat))).body.queued_for_capacity).toBe(true);
    expect((await list()).body[0]).not.toHaveProperty("queued_for_capacity");
  });
});

describe("listing chats", () => {
  const label = (value: string) => `label=${encodeURIComponent(`relay-target:${value}`)}`;

  test("finds chats by labels, all of which must match, and archived ones on demand", async () => {
    await start();
    const one = await idleChat({ labels: { "relay-target": "acme/site#5", part: "a:b" } });
    await idleChat({ labels: { "relay-target": "acme/site#55" } });
    expect(ids(await list(label("acme/site#5")))).toEqual([one.id]);
    expect(ids(await list(`${label("acme/site#5")}&label=part:a:b`))).toEqual([one.id]);
    expect(ids(await list(`${label("acme/site#5")}&label=part:a`))).toEqual([]);
    expect(ids(await list(label("Acme/site#5")))).toEqual([]);
    await edit(one, { archived: true });
    expect(ids(await list(label("acme/site#5")))).toEqual([]);
    expect(ids(await list(`${label("acme/site#5")}&q=archived:true`))).toEqual([one.id]);
  });

  test("returns the most recently changed first, 50 a page", async () => {
    await start();
    const first = await idleChat();
    for (let i = 0; i < 50; i += 1) await create();
    await send(first, "x");
    const page = ids(await list());
    expect(page).toHaveLength(50);
    expect(page[0]).toBe(first.id);
    expect(ids(await list("limit=2&offset=49"))).toHaveLength(2);
    expect(ids(await list(`limit=1&after_id=${ids(await list())[4]}`))).toEqual([ids(await list())[5]]);
  });

  test("accepts the known search keys and refuses others", async () => {
    await start();
    const chat = await idleChat();
    await idleChat();
    chat.setPullRequest({ number: 7, url: "https://github.com/acme/site/pull/7", title: "Fix it" });
    for (const q of [
      "pr:7",
      "pr_status:open",
      "repo:acme/site",
      'diff_url:"https://github.com/acme/site/pull/7"',
    ]) {
      expect([q, ids(await list(`q=${encodeURIComponent(q)}`))]).toEqual([q, [chat.id]]);
    }
    expect((await list("q=title:login")).body).toHaveLength(2);
    for (const q of ["word", "label:x", "archived:any", "source:all"]) {
      const answer = await list(`q=${q}`);
      expect(answer).toMatchObject({ status: 400, body: { message: "Invalid chat search query." } });
    }
    expect(await list("label=x")).toMatchObject({
      status: 400,
      body: { message: 'Invalid label filter: "x" (expected format key:value, both must be non-empty)' },
    });
    expect((await list("limit=x")).status).toBe(400);
  });

  test("by workspace returns the newest chat of each", async () => {
    await start();
    const workspace = coder.addWorkspace("w", coder.bot, coder.addTemplate({ name: "agent" }));
    await idleChat({ workspace_id: workspace.id });
    const newest = await idleChat({ workspace_id: workspace.id });
    const answer = await get(`${base}/by-workspace?workspace_ids=${workspace.id},${mintedId()}`);
    expect(answer.body).toEqual({ [workspace.id]: newest.id });
  });
});

describe("sending", () => {
  test("starts a turn if the chat is idle", async () => {
    await start();
    const chat = await idleChat();
    const answer = await send(chat, "  also this ");
    expect(answer).toMatchObject({
      status: 200,
      body: { queued: false, message: { role: "user", content: text("also this"), chat_id: chat.id } },
    });
    expect(chat.status).toBe("running");
    expect(chat.inputs.map((input) => input.text)).toEqual(["also this"]);
  });

  test("queues the text if the chat is busy, one turn for each text", async () => {
    await start();
    const chat = await newChat();
    expect((await send(chat, "one")).body).toMatchObject({
      queued: true,
      queued_message: { content: text("one") },
    });
    await send(chat, "two");
    expect(chat.queued).toEqual(["one", "two"]);
    expect(chat.inputs).toEqual([]);
    chat.release();
    expect(chat.inputs.map((input) => input.text)).toEqual(["one"]);
    chat.release();
    expect(chat.inputs.map((input) => input.text)).toEqual(["one", "two"]);
    chat.release();
    expect(chat.status).toBe("waiting");
  });

  test("takes the same time for each turn", async () => {
    await start({ turnMs: 10 });
    const chat = await newChat();
    await send(chat, "one", { busy_behavior: "interrupt" });
    await until(() => chat.inputs.length === 1 && chat.status === "waiting");
    chat.holdBusy();
    await send(chat, "two");
    expect(chat.queued).toEqual(["two"]);
    chat.release();
    await until(() => chat.inputs.length === 2 && chat.status === "waiting");
  });

  test("is a 429 if the queue is full", async () => {
    await start();
    const chat = await newChat();
    for (let i = 0; i < 20; i += 1) expect((await send(chat, `${i}`)).status).toBe(200);
    expect(await send(chat, "more")).toMatchObject({
      status: 429,
      body: { message: "Message queue is full.", detail: "Maximum 20 messages can be queued." },
    });
  });

  test("lets the owner edit a queued text on a newer server; the chat is `paused` until the edit ends", async () => {
    await start({ version: "2.40" });
    const chat = await newChat();
    const queue = (body: object, index = 0) =>
      call("PATCH", at(chat, `/queue/${chat.turns.queue[index]?.id}`), body);
    await send(chat, "one");
    await send(chat, "two");
    expect(await queue({})).toMatchObject({ status: 400, body: { message: "Nothing to edit." } });
    expect((await queue({ editing: true })).status).toBe(204);
    chat.release();
    expect(chat).toMatchObject({ status: "paused", inputs: [], queued: ["one", "two"] });
    expect((await queue({ editing: true }, 1)).status).toBe(409);
    expect((await call("POST", at(chat, "/interrupt"))).status).toBe(409);
    expect(await edit(chat, { archived: true })).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/^Cannot archive: a chat in this family is paused/) },
    });
    expect((await send(chat, "three")).body.queued).toBe(true);
    expect((await queue({ content: text("first of all"), editing: false })).status).toBe(204);
    expect(chat.inputs.map((input) => input.text)).toEqual(["first of all"]);

    expect((await queue({ editing: true })).status).toBe(204);
    chat.release();
    expect((await call("DELETE", at(chat, `/queue/${chat.turns.queue[0]?.id}`))).status).toBe(204);
    expect(chat).toMatchObject({ status: "running", queued: [] });
  });

  test.each([
    ["2.38", 204],
    ["2.40", 403],
  ] as const)("answers an admin of %s who deletes a queued text with %i", async (version, status) => {
    await start({ version });
    const chat = await newChat({}, coder.mintToken(mona).key);
    await send(chat, "one", {}, coder.mintToken(mona).key);
    const [queued] = chat.turns.queue;
    const { body, ...answer } = await call("DELETE", at(chat, `/queue/${queued?.id}`));
    expect(answer.status).toBe(status);
    if (status === 403) expect(body.message).toBe("Only the chat owner may delete queued messages.");
    expect((await call("PATCH", at(chat, `/queue/${queued?.id}`), { editing: true })).status).toBe(
      version === "2.40" ? 403 : 404,
    );
  });

  test("retries a failed chat, its queue first", async () => {
    await start();
    const chat = await newChat();
    await send(chat, "one");
    chat.failTurn({ kind: "overloaded" });
    expect(chat.queued).toEqual(["one"]);
    const { body } = await send(chat, "two");
    expect(body).toMatchObject({ queued: true, messages: [{ content: text("one") }] });
    expect(chat.status).toBe("running");
    expect(chat.lastError).toBeUndefined();
    expect(chat.queued).toEqual(["two"]);
  });

  test("may interrupt the turn", async () => {
    await start();
    const chat = await newChat();
    const { body } = await send(chat, "stop that", { busy_behavior: "interrupt" });
    expect(body.queued).toBe(true);
    expect(chat.status).toBe("interrupting");
    chat.release();
    expect(chat.inputs.map((input) => input.text)).toEqual(["stop that"]);
    chat.requireAction();
    expect((await send(chat, "next")).body.queued).toBe(true);
    expect(chat.status).toBe("requires_action");
    await send(chat, "go on", { busy_behavior: "interrupt" });
    expect(chat.status).toBe("running");
    expect((await send(chat, "x", { busy_behavior: "x" })).body.message).toBe("Invalid busy_behavior value.");
  });

  test("is refused by an archived chat, and works again after unarchiving", async () => {
    await start();
    const chat = await idleChat();
    await edit(chat, { archived: true });
    expect(coder.archivedChats()).toEqual([chat]);
    expect(await send(chat, " ")).toMatchObject({
      status: 400,
      body: { message: "Cannot send messages to an archived chat." },
    });
    expect((await edit(chat, { archived: false })).status).toBe(204);
    expect((await send(chat, "x")).status).toBe(200);
  });
});

describe("messages", () => {
  test("are listed newest first, with the queue; after a cursor, oldest first and without it", async () => {
    await start();
    const chat = await idleChat();
    await send(chat, "one");
    await send(chat, "two");
    const messages = at(chat, "/messages");
    const { body } = await get(messages);
    expect(body.messages.map(({ role }: { role: string }) => role)).toEqual(["user", "assistant", "user"]);
    expect(body.queued_messages).toMatchObject([{ content: text("two") }]);
    expect(body.has_more).toBe(false);
    const oldest = body.messages[2].id;
    const after = (await get(`${messages}?after_id=${oldest}&limit=1`)).body;
    expect(after).toMatchObject({ messages: [{ role: "assistant" }], queued_messages: [], has_more: true });
    expect((await get(`${messages}?before_id=${oldest}`)).body.messages).toEqual([]);
    for (const query of ["limit=0", "limit=201", "after_id=9&before_id=9"]) {
      expect((await get(`${messages}?${query}`)).status).toBe(400);
    }
  });

  test("can be deleted from the queue", async () => {
    await start();
    const chat = await newChat();
    const remove = (id: unknown) => call("DELETE", at(chat, `/queue/${id}`));
    expect(await remove(1)).toMatchObject({
      status: 409,
      body: { message: "Chat has no queued messages to delete." },
    });
    const { body } = await send(chat, "one");
    expect(await remove(999)).toMatchObject({ status: 404, body: { message: "Queued message not found." } });
    expect((await remove(body.queued_message.id)).status).toBe(204);
    expect(chat.queued).toEqual([]);
  });
});

describe("ending a chat", () => {
  test("interrupts it first, then archives it; its workspace stays", async () => {
    await start();
    const workspace = coder.addWorkspace("w", coder.bot, coder.addTemplate({ name: "agent" }));
    const chat = await newChat({ workspace_id: workspace.id });
    const active = {
      status: 409,
      body: { message: "Cannot archive an active chat. Interrupt or wait for the chat to finish first." },
    };
    expect(await edit(chat, { archived: true })).toMatchObject(active);
    expect(await interrupt(chat)).toMatchObject({ status: 200, body: { status: "interrupting" } });
    expect(await edit(chat, { archived: true })).toMatchObject(active);
    chat.release();
    expect(await interrupt(chat)).toMatchObject({
      status: 409,
      body: { message: "Chat is not in an interruptible state." },
    });
    expect((await edit(chat, { archived: true })).status).toBe(204);
    expect((await edit(chat, { archived: true })).body.message).toBe("Chat is already archived.");
    expect((await interrupt(chat)).body.message).toBe("Cannot interrupt an archived chat.");
    expect(coder.workspaces()).toEqual([workspace]);
  });

  test("continues with the queue after an interrupt", async () => {
    await start();
    const chat = await newChat();
    await send(chat, "one");
    await interrupt(chat);
    expect(chat.inputs).toEqual([]);
    chat.release();
    expect(chat.inputs.map((input) => input.text)).toEqual(["one"]);
    expect(chat.status).toBe("running");
  });

  test("keeps the queue of a failed one", async () => {
    await start();
    const chat = await newChat();
    await send(chat, "one");
    chat.failTurn();
    expect((await edit(chat, { archived: true })).status).toBe(204);
    expect(chat.queued).toEqual(["one"]);
  });
});

describe("editing a chat", () => {
  test("changes one field after the other until one is refused", async () => {
    await start();
    const chat = await idleChat();
    const edited = await edit(chat, {
      title: " New ",
      labels: { a: "b" },
      archived: false,
      workspace_id: zero,
    });
    expect(edited).toMatchObject({ status: 400, body: { message: "Chat is already not archived." } });
    expect(chat).toMatchObject({ title: "New", labels: { a: "b" } });
    expect((await edit(chat, { title: "x".repeat(201) })).status).toBe(400);
    expect((await edit(chat, { title: " " })).body.message).toBe("Title cannot be empty.");
    expect((await edit(chat, { labels: {} })).status).toBe(204);
    expect(chat.labels).toEqual({});
  });

  test("binds it to a workspace that its owner can use, and unbinds it", async () => {
    await start();
    const chat = await newChat({}, tokenOf(mona));
    const template = coder.addTemplate({ name: "agent" });
    const far = coder.addTemplate({ name: "far", organization: "elsewhere" });
    const others = coder.addWorkspace("w", coder.bot, template);
    expect((await edit(chat, { workspace_id: others.id })).body.message).toMatch(/^Workspace not found/);
    const foreign = coder.addWorkspace("far", mona, far);
    expect((await edit(chat, { workspace_id: foreign.id })).body.message).toBe(
      "Workspace does not belong to this chat's organization.",
    );
    const own = coder.addWorkspace("w", mona, template);
    expect((await edit(chat, { workspace_id: own.id })).status).toBe(204);
    expect((await get(at(chat))).body.workspace_id).toBe(own.id);
    expect((await edit(chat, { workspace_id: zero })).status).toBe(204);
    expect((await get(at(chat))).body).not.toHaveProperty("workspace_id");
  });
});

describe("a server before the state machine", () => {
  test("starts a new chat as pending, interrupts at once, and stops a running one to archive it", async () => {
    await start({ version: "2.35" });
    expect((await create()).body.status).toBe("pending");
    const chat = await newChat();
    expect(await interrupt(chat)).toMatchObject({ status: 200, body: { status: "waiting" } });
    expect((await interrupt(chat)).status).toBe(200);
    expect((await send(chat, "more")).body.queued).toBe(false);
    expect(chat.status).toBe("pending");
    expect((await edit(chat, { archived: true })).status).toBe(204);
    expect(chat.status).toBe("waiting");
  });

  test("goes from pending to running to waiting", async () => {
    await start({ version: "2.34", chats: true, turnMs: 400 });
    const { body } = await create();
    expect(body.status).toBe("pending");
    const status = async () => (await get(`${base}/${body.id}`)).body.status;
    await until(async () => (await status()) === "running");
    await until(async () => (await status()) === "waiting");
  });

  test("queues a text that is sent in the meantime", async () => {
    await start({ version: "2.35" });
    const chat = await newChat();
    expect((await send(chat, "one")).body.queued).toBe(true);
    chat.release();
    expect(chat.status).toBe("pending");
    expect(chat.inputs.map((input) => input.text)).toEqual(["one"]);
  });

  test("may return its error as a bare string", async () => {
    await start({ version: "2.35", stringErrors: true });
    const chat = await newChat();
    chat.failTurn({ message: "Out of budget." });
    expect((await get(at(chat))).body.last_error).toBe("Out of budget.");
  });

  test("answers a body that is too large as if it were not JSON", async () => {
    await start({ version: "2.35" });
    expect((await create({ content: text("x".repeat(256 * 1024)) })).status).toBe(400);
  });
});

describe("tokens", () => {
  const mint = (user: string, name: string, token?: string) =>
    call("POST", `/api/v2/users/${user}/keys/tokens`, { token_name: name, lifetime: 1e12 }, token);

  test("act as their user until they are deleted", async () => {
    await start();
    const { status, body } = await mint("mona", "relay");
    expect(status).toBe(201);
    expect((await get("/api/v2/users/me", body.key)).body).toMatchObject({ id: mona.id, username: "mona" });
    expect((await create({}, body.key)).body.owner_id).toBe(mona.id);
    expect(coder.mintedTokens()).toMatchObject([{ name: "relay", user: mona }]);
    expect((await mint("mona", "relay")).status).toBe(409);
    const path = `/api/v2/users/mona/keys/${body.key.split("-")[0]}`;
    expect((await call("DELETE", path)).status).toBe(204);
    expect((await call("DELETE", path)).status).toBe(404);
    expect((await get("/api/v2/users/me", body.key)).status).toBe(401);
    expect(coder.mintedTokens()).toEqual([]);
  });

  test("are created for others only by site owners, and do not work for suspended users", async () => {
    await start();
    coder.setTokenRole("org-admin");
    expect((await mint("mona", "relay")).status).toBe(403);
    coder.setTokenRole("member");
    expect((await mint("mona", "relay")).status).toBe(404);
    expect((await mint("me", "own")).status).toBe(201);
    const own = tokenOf(mona);
    mona.status = "suspended";
    expect((await get("/api/v2/users/me", own)).status).toBe(401);
  });
});

describe("workspaces for chats", () => {
  const make = (fields: object, user = "mona", token?: string) =>
    call("POST", `/api/v2/users/${user}/workspaces`, fields, token);

  test("are created from a template, or a version of it, under a unique name", async () => {
    await start({ deleteMs: 60_000 });
    const template = coder.addTemplate({ name: "agent", presets: [{ name: "small" }] });
    const preset = template.versions[0]?.presets[0]?.id;
    const made = await make({ name: "gh-1", template_id: template.id, template_version_preset_id: preset });
    expect(made).toMatchObject({
      status: 201,
      body: { name: "gh-1", owner_name: "mona", template_name: "agent" },
    });
    expect(await make({ name: "GH-1", template_version_id: template.versions[0]?.id })).toMatchObject({
      status: 409,
      body: { message: 'Workspace "GH-1" already exists.', validations: [{ field: "name" }] },
    });
    expect((await get("/api/v2/users/mona/workspace/gh-1")).body.id).toBe(made.body.id);
    await until(() => coder.workspaces()[0]?.status === "running");
    const build = (transition: string) =>
      call("POST", `/api/v2/workspaces/${made.body.id}/builds`, { transition });
    expect((await build("delete")).status).toBe(201);
    expect((await build("stop")).status).toBe(409);
    coder.workspaces()[0]?.endBuild("succeeded");
    expect((await get("/api/v2/users/mona/workspace/gh-1")).status).toBe(404);
    expect((await build("delete")).status).toBe(404);
  });

  test("are refused if the template, the name, the preset or the right is missing", async () => {
    await start();
    const template = coder.addTemplate({ name: "agent", needsPreset: true });
    const old = coder.addTemplate({ name: "old", deprecated: true });
    const statuses = [];
    for (const fields of [
      { name: "a" },
      { name: "a", template_id: template.id, template_version_id: template.versions[0]?.id },
      { name: "a", template_id: mintedId() },
      { name: "no spaces", template_id: template.id },
      { name: "a", template_id: template.id },
      { name: "a", template_id: old.id },
    ]) {
      statuses.push((await make(fields)).status);
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 400]);
    expect((await make({ name: "a", template_id: template.id }, "nobody")).status).toBe(404);
    coder.setTokenRole("member");
    expect(await make({ name: "a", template_id: template.id })).toMatchObject({
      status: 403,
      body: { message: "Unauthorized to create workspace." },
    });
  });
});

/** A new id that is not in use. */
function mintedId(): string {
  return "22222222-2222-4222-8222-222222222222";
}
