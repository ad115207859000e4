import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { Timers } from "../../../local/fake-coder/api/timers.js";
import { FakeCoder, type FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../../local/fake-coder/tasks/fake-task.js";
import type { FakeTemplate } from "../../../local/fake-coder/workspaces/templates.js";

let coder: FakeCoder;
let template: FakeTemplate;

afterEach(() => coder.close());

/** A server with the user mona and the template agent, whose default preset is `small`. */
async function start(options: FakeCoderOptions = {}): Promise<void> {
  coder = new FakeCoder({ bootMs: 4, stopMs: 4, deleteMs: 4, turnMs: 4, ...options });
  await coder.listen();
  coder.addUser({ username: "mona", githubId: 583231 });
  template = coder.addTemplate({
    name: "agent",
    presets: [{ name: "small", default: true }, { name: "large" }],
  });
}

interface Answer {
  status: number;
  headers: Headers;
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
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
}

const get = (path: string) => call("GET", path);
const versionId = (of = template) => of.versions.at(-1)?.id;
const create = (fields: object = {}, user = "mona") =>
  call("POST", `/api/v2/tasks/${user}`, {
    name: "gh-1",
    display_name: "Issue 1",
    input: "Fix it",
    template_version_id: versionId(),
    ...fields,
  });
const send = (input: string, name = "gh-1") => call("POST", `/api/v2/tasks/mona/${name}/send`, { input });

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 4000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function task(name = "gh-1"): FakeTask {
  const found = coder.task(name) ?? coder.deletedTasks().find((one) => one.name === name);
  if (!found) throw new Error(`There is no task ${name}.`);
  return found;
}

async function idle(): Promise<void> {
  await until(() => task().agent.report?.state === "idle");
}

async function idleTask(): Promise<void> {
  await create();
  await idle();
}

async function pause(): Promise<void> {
  await idle();
  task().stop();
  await until(() => task().status === "paused");
}

describe("the server", () => {
  test("returns its version without a token, and in a header of every answer", async () => {
    await start();
    const info = await call("GET", "/api/v2/buildinfo", undefined, "");
    expect(info).toMatchObject({ status: 200, body: { version: "v2.34.1+fake" } });
    const missing = await get("/api/v2/nowhere");
    expect(missing.headers.get("x-coder-build-version")).toBe("v2.34.1+fake");
  });

  test("answers an unknown route differently from a missing resource", async () => {
    await start();
    for (const path of ["/api/v2/chats", "/api/experimental/chats"]) {
      expect(await get(path)).toMatchObject({ status: 404, body: { message: "Route not found." } });
    }
    const message = "Resource not found or you do not have access to this resource";
    for (const path of ["/api/v2/tasks/mona/none", "/api/v2/users/none", "/api/v2/workspaces/none"]) {
      expect(await get(path)).toMatchObject({ status: 404, body: { message } });
    }
  });

  test("accepts only its own token", async () => {
    await start({ token: "right" });
    expect((await call("GET", "/api/v2/users/me", undefined, "wrong")).status).toBe(401);
    expect((await fetch(`${coder.url}/api/v2/tasks`)).status).toBe(401);
    expect((await call("GET", "/api/v2/users/me", undefined, "right")).status).toBe(200);
  });

  test("records its calls and fails on demand", async () => {
    await start();
    coder.http.fail({ path: /\/send$/, status: 503 });
    await idleTask();
    expect((await send("one")).status).toBe(503);
    expect((await send("one")).status).toBe(204);
    const sends = coder.http.calls.filter(({ path }) => path.endsWith("/send"));
    expect(sends.map(({ status }) => status)).toEqual([503, 204]);
    expect(sends[0]?.body).toEqual({ input: "one" });
  });
});

describe("users", () => {
  const names = (answer: Answer) => answer.body.users.map((user: { username: string }) => user.username);
  const search = (q: string) => get(`/api/v2/users?q=${encodeURIComponent(q)}`);

  test("are found by their GitHub id, which is not returned; id 0 finds all users", async () => {
    await start();
    coder.addUser({ username: "hubot", githubId: 480938, status: "suspended" });
    const found = await search("github_com_user_id:583231");
    expect(names(found)).toEqual(["mona"]);
    expect(JSON.stringify(found.body)).not.toContain("583231");
    expect(names(await search("github_com_user_id:0"))).toEqual(["hubot", "mona", "relay-bot"]);
    expect(names(await search("github_com_user_id:480938"))).toEqual(["hubot"]);
    expect(names(await search("github_com_user_id:480938 status:active"))).toEqual([]);
    expect((await search("github_com_user_id:1")).body).toEqual({ users: [], count: 0 });
  });

  test("cannot be searched by unknown keys or by a GitHub id that isn't a number", async () => {
    await start();
    expect(await search("github_user_id:1")).toMatchObject({
      status: 400,
      body: { validations: [{ field: "github_user_id" }] },
    });
    expect(await search("github_com_user_id:mona")).toMatchObject({ status: 400 });
  });

  test("are read by name and as me; a token without the right sees only its own", async () => {
    await start();
    expect((await get("/api/v2/users/Mona")).body).toMatchObject({ username: "mona", status: "active" });
    expect((await get("/api/v2/users/me")).body.username).toBe("relay-bot");
    coder.setTokenRole("member");
    expect((await search("github_com_user_id:583231")).body.count).toBe(0);
    expect((await get("/api/v2/users/mona")).status).toBe(404);
    expect((await create()).status).toBe(403);
  });
});

describe("templates", () => {
  test("are read by organization and name", async () => {
    await start();
    coder.addTemplate({ name: "old", organization: "research", deprecated: true });
    const found = await get("/api/v2/organizations/default/templates/agent");
    expect(found.body).toMatchObject({
      name: "agent",
      deprecated: false,
      deprecation_message: "",
      active_version_id: versionId(),
    });
    expect((await get(`/api/v2/organizations/${found.body.organization_id}`)).body.is_default).toBe(true);
    expect((await get("/api/v2/organizations/research/templates/old")).body.deprecated).toBe(true);
    expect((await get("/api/v2/organizations/default/templates/old")).status).toBe(404);
  });

  test("have presets in Pascal case, or null for none", async () => {
    await start();
    const { body } = await get(`/api/v2/templateversions/${versionId()}/presets`);
    expect(body).toMatchObject([
      { Name: "small", Default: true, Parameters: [] },
      { Name: "large", Default: false },
    ]);
    const bare = coder.addTemplate({ name: "bare" });
    const none = await get(`/api/v2/templateversions/${versionId(bare)}/presets`);
    expect(none).toMatchObject({ status: 200, body: null });
  });
});

describe("creating a task", () => {
  test("goes from pending through working to idle", async () => {
    await start();
    const created = await create({}, "MONA");
    expect(created).toMatchObject({
      status: 201,
      body: {
        name: "gh-1",
        display_name: "Issue 1",
        owner_name: "mona",
        initial_prompt: "Fix it",
        status: "pending",
        workspace_status: "pending",
        workspace_agent_id: null,
        current_state: null,
      },
    });
    task().holdBusy();
    await until(() => task().status === "active");
    const working = await get("/api/v2/tasks/mona/GH-1");
    expect(working.body).toMatchObject({
      id: created.body.id,
      status: "active",
      workspace_status: "running",
      current_state: { state: "working" },
    });
    task().release();
    const idle = await get(`/api/experimental/tasks/me/${created.body.id}`);
    expect(idle.body.current_state).toMatchObject({ state: "idle", uri: "" });
    expect(task().inputs).toEqual([]);
  });

  test("waits for the boot, which a test can complete or fail", async () => {
    await start({ bootMs: 60_000 });
    await create();
    expect(task().status).toBe("pending");
    task().finishBoot();
    expect(task().status).toBe("active");
    task().failBuild();
    expect((await get("/api/v2/tasks/mona/gh-1")).body).toMatchObject({
      status: "error",
      workspace_status: "failed",
    });
  });

  test("pins the preset, and generates names that are not given", async () => {
    await start();
    const preset = template.versions[0]?.presets[1];
    const { body } = await create({
      name: undefined,
      display_name: undefined,
      template_version_preset_id: preset?.id,
    });
    expect(body.name).toMatch(/^fix-it-[0-9a-f]{4}$/);
    expect(body.display_name).toBe("Fix it");
    expect(task(body.name)).toMatchObject({ presetId: preset?.id, owner: "mona" });
  });

  test.each([
    ["an unknown version", { template_version_id: "7b1f3f52-8a0c-4a80-b6a5-3f5dbf0a6e9e" }],
    ["no version", { template_version_id: undefined }],
    ["a name with a dot", { name: "a.b" }],
    ["a name with two hyphens in a row", { name: "a--b" }],
    ["a long name", { name: "a".repeat(33) }],
    ["a reserved name", { name: "new" }],
    ["a long display name", { display_name: "a".repeat(65) }],
    ["a field of the wrong type", { name: 7 }],
  ])("refuses %s with a 400", async (_, fields) => {
    await start();
    expect(await create(fields)).toMatchObject({ status: 400, body: { message: expect.any(String) } });
    expect(coder.tasks()).toEqual([]);
  });

  test("refuses templates that are deprecated, have no AI task, or lack a value for a parameter", async () => {
    await start();
    const old = coder.addTemplate({ name: "old", deprecated: true });
    const plain = coder.addTemplate({ name: "plain", aiTask: false });
    const strict = coder.addTemplate({ name: "strict", needsPreset: true, presets: [{ name: "one" }] });
    for (const one of [old, plain, strict]) {
      expect((await create({ template_version_id: versionId(one) })).status).toBe(400);
    }
    const preset = strict.versions[0]?.presets[0]?.id;
    const fields = { template_version_id: versionId(strict), template_version_preset_id: preset };
    expect((await create(fields)).status).toBe(201);
  });

  test("refuses owners that are unknown or outside of the template's organization with a 404", async () => {
    await start();
    const other = coder.addTemplate({ name: "other", organization: "research" });
    coder.addUser({ username: "lone", organizations: ["default"] });
    expect((await create({}, "nobody")).status).toBe(404);
    expect((await create({ template_version_id: versionId(other) }, "lone")).status).toBe(404);
  });

  test("refuses, with a 409, a name that one of the owner's workspaces has, in any case", async () => {
    await start();
    const hubot = coder.addUser({ username: "hubot" });
    coder.addWorkspace("taken", hubot, template);
    await create();
    expect(await create({ name: "GH-1" })).toMatchObject({
      status: 409,
      body: { message: 'Workspace "GH-1" already exists.', validations: [{ field: "name" }] },
    });
    expect((await create({ name: "gh-1" }, "hubot")).status).toBe(201);
    expect((await create({ name: "taken" }, "hubot")).status).toBe(409);
    expect((await get("/api/v2/tasks/hubot/taken")).status).toBe(404);
  });

  test("gives the loser of a race a 500", async () => {
    await start({ raceCreates: true });
    const answers = await Promise.all([create(), create()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 500]);
    expect(coder.tasks()).toHaveLength(1);
  });

  test("is a 403 when the license limit is reached", async () => {
    await start();
    coder.forbidStarts();
    expect((await create()).status).toBe(403);
  });
});

describe("listing tasks", () => {
  test("returns all tasks, the newest first, or those that match a query", async () => {
    await start();
    coder.addUser({ username: "hubot" });
    await create({ name: "one" });
    await create({ name: "two" }, "hubot");
    const list = async (q: string) => {
      const { body } = await get(`/api/v2/tasks?q=${encodeURIComponent(q)}`);
      expect(body.count).toBe(body.tasks.length);
      return body.tasks.map(({ name }: { name: string }) => name);
    };
    await until(() => coder.tasks().every(({ status }) => status === "active"));
    expect(await list("")).toEqual(["two", "one"]);
    expect(await list("owner:Mona")).toEqual(["one"]);
    expect(await list("hubot")).toEqual(["two"]);
    expect(await list("owner:mona status:active")).toEqual(["one"]);
    expect(await list("status:paused")).toEqual([]);
    expect(await list("organization:default")).toEqual(["two", "one"]);
  });

  test("refuses unknown keys and owners", async () => {
    await start();
    for (const q of ["name:one", "owner:nobody", "organization:none"]) {
      const answer = await get(`/api/v2/tasks?q=${q}`);
      expect(answer).toMatchObject({ status: 400, body: { validations: [{}] } });
    }
  });
});

describe("sending", () => {
  test("gives the agent a text, which makes it work and then idle", async () => {
    await start();
    await idleTask();
    expect(await send("  And \u001b[31mtests\n")).toMatchObject({ status: 204, body: undefined });
    expect(task().inputs.map(({ text }) => text)).toEqual(["And \u001b[31mtests"]);
    await idle();
    expect((await send("Thanks")).status).toBe(204);
    expect(task().inputs).toHaveLength(2);
  });

  test("is refused while the agent is busy", async () => {
    await start();
    await idleTask();
    task().holdBusy();
    expect(await send("now?")).toMatchObject({ status: 409, body: { detail: "Status: running" } });
    // An agent can wrongly report that it is idle.
    task().setAgentState("idle");
    expect((await send("now?")).status).toBe(409);
    task().release();
    expect((await send("now?")).status).toBe(204);
  });

  test("accepts only one of two concurrent texts", async () => {
    await start({ turnMs: 60_000 });
    await create();
    await until(() => task().status === "active");
    task().setAgentState("complete");
    const answers = await Promise.all([send("one"), send("two")]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
    expect(task().inputs).toHaveLength(1);
  });

  test("refuses an empty text, and the agent refuses white space", async () => {
    await start();
    await idleTask();
    expect((await send("")).status).toBe(400);
    expect((await send(" \n")).status).toBe(502);
    expect(task().inputs).toEqual([]);
  });

  test("may answer 502 although the text arrived", async () => {
    await start();
    await idleTask();
    coder.fail502AfterEffect();
    expect((await send("Once")).status).toBe(502);
    expect(task().inputs).toHaveLength(1);
    await until(() => task().agent.isStable);
    expect((await send("Again")).status).toBe(204);
  });

  test("answers according to the task's status", async () => {
    await start({ bootMs: 60_000, stopMs: 60_000 });
    await create();
    expect(await send("x")).toMatchObject({ status: 409, body: { message: "Task is pending." } });
    task().finishBoot();
    task().setAppHealth("initializing");
    expect(await send("x")).toMatchObject({ status: 409, body: { message: "Task is initializing." } });
    task().setAppHealth("unhealthy");
    expect(await send("x")).toMatchObject({ status: 400, body: { message: "Task must be active." } });
    task().stop();
    expect(task().status).toBe("unknown");
    expect((await send("x")).status).toBe(400);
    task().workspace.endBuild("succeeded");
    expect(await send("x")).toMatchObject({ status: 409, body: { message: "Task is paused." } });
  });

  test("is a 404 for an org-admin, who may do everything else", async () => {
    await start();
    await idleTask();
    coder.setTokenRole("org-admin");
    expect((await send("x")).status).toBe(404);
    expect((await get("/api/v2/tasks/mona/gh-1/logs")).status).toBe(404);
    expect((await get("/api/v2/tasks/mona/gh-1")).status).toBe(200);
    expect((await call("DELETE", "/api/v2/tasks/mona/gh-1")).status).toBe(202);
  });
});

describe("the agent's state", () => {
  test("can be set by a test, with its message cut to 160 characters", async () => {
    await start();
    await idleTask();
    const uri = "https://github.com/octo/app/pull/2";
    task().setAgentState("complete", { message: "m".repeat(200), uri });
    const state = async () => (await get("/api/v2/tasks/mona/gh-1")).body.current_state;
    expect(await state()).toMatchObject({ state: "complete", message: "m".repeat(160), uri });
    task().setAgentState("failure");
    expect(await state()).toMatchObject({ state: "failed" });
    task().setAgentState(null);
    expect(await state()).toBeNull();
    await send("Still there?");
    expect(await state()).toBeNull();
  });

  test("is kept when the workspace stops, and dropped at the next start", async () => {
    await start({ bootMs: 60_000 });
    await create();
    task().finishBoot();
    await pause();
    const state = async () => (await get("/api/v2/tasks/mona/gh-1")).body.current_state;
    expect(await state()).toMatchObject({ state: "idle" });
    const resumed = await call("POST", "/api/v2/tasks/mona/gh-1/resume");
    expect(resumed).toMatchObject({ status: 202, body: { workspace_build: { transition: "start" } } });
    expect(await state()).toBeNull();
    task().finishBoot();
    await idle();
    expect((await send("Go on")).status).toBe(204);
  });
});

describe("logs", () => {
  const logs = () => get("/api/v2/tasks/mona/gh-1/logs");

  test("contain the sent texts, wrapped at 80 columns", async () => {
    await start();
    await idleTask();
    await send(`${"word ".repeat(30)}end\nnext`);
    const { body } = await logs();
    expect(body.snapshot).toBeUndefined();
    const inputs = body.logs.filter(({ type }: { type: string }) => type === "input");
    expect(inputs.map(({ content }: { content: string }) => content)).toEqual([
      "Fix it",
      `${"word ".repeat(16)}\n${"word ".repeat(14)}end\nnext`,
    ]);
  });

  test("are read from the snapshot of the last stop if no agent is running", async () => {
    await start({ bootMs: 60_000 });
    await create();
    expect((await logs()).body).toEqual({ logs: [], snapshot: true });
    task().finishBoot();
    task().stop();
    expect((await logs()).status).toBe(409);
    await until(() => task().status === "paused");
    const { body } = await logs();
    expect(body).toMatchObject({ snapshot: true, snapshot_at: expect.any(String) });
    expect(body.logs).toContainEqual(expect.objectContaining({ type: "input", content: "Fix it" }));
  });
});

describe("pause and resume", () => {
  test("stop and start the workspace, one build at a time", async () => {
    await start({ stopMs: 60_000 });
    await idleTask();
    expect((await call("POST", "/api/v2/tasks/mona/gh-1/resume")).status).toBe(409);
    const paused = await call("POST", `/api/v2/tasks/mona/${task().id}/pause`);
    expect(paused).toMatchObject({ status: 202, body: { workspace_build: { transition: "stop" } } });
    expect(task().status).toBe("unknown");
    expect((await call("POST", "/api/v2/tasks/mona/gh-1/pause")).status).toBe(409);
    expect((await call("POST", "/api/v2/tasks/mona/gh-1/resume")).status).toBe(409);
  });

  test("recover a failed task", async () => {
    await start();
    await idleTask();
    task().failBuild();
    expect((await call("POST", "/api/v2/tasks/mona/gh-1/resume")).status).toBe(202);
    await until(() => task().status === "active");
  });

  test("also work through workspace builds", async () => {
    await start({ bootMs: 60_000 });
    await create();
    task().finishBoot();
    const { workspace_id } = (await get("/api/v2/tasks/mona/gh-1")).body;
    const build = (transition: string) =>
      call("POST", `/api/v2/workspaces/${workspace_id}/builds`, { transition });
    expect(await build("stop")).toMatchObject({ status: 201, body: { transition: "stop" } });
    await until(() => task().status === "paused");
    expect((await build("start")).status).toBe(201);
    expect(await build("start")).toMatchObject({
      status: 409,
      body: { message: "A workspace build is already active." },
    });
    expect((await build("restart")).status).toBe(400);
    const workspace = await get(`/api/v2/workspaces/${workspace_id}`);
    expect(workspace.body).toMatchObject({ name: "gh-1", latest_build: { transition: "start" } });
  });

  test("allow a change of the prompt in between", async () => {
    await start();
    const setInput = (input: string) => call("PATCH", "/api/v2/tasks/mona/gh-1/input", { input });
    await idleTask();
    expect((await setInput("Other")).status).toBe(409);
    await pause();
    expect((await setInput(" ")).status).toBe(400);
    expect((await setInput("Other")).status).toBe(204);
    expect((await get("/api/v2/tasks/mona/gh-1")).body.initial_prompt).toBe("Other");
  });
});

describe("deleting a task", () => {
  const remove = () => call("DELETE", "/api/v2/tasks/mona/gh-1");

  test("is a 409 while a build is active", async () => {
    await start({ bootMs: 60_000 });
    await create();
    expect(await remove()).toMatchObject({
      status: 409,
      body: { message: "A workspace build is already active." },
    });
    expect(coder.tasks()).toHaveLength(1);
  });

  test("hides it at once, and frees its name when the delete build is done", async () => {
    await start({ deleteMs: 60_000 });
    await idleTask();
    expect(await remove()).toMatchObject({ status: 202, body: undefined });
    expect((await get("/api/v2/tasks/mona/gh-1")).status).toBe(404);
    expect((await remove()).status).toBe(404);
    expect(coder.deletedTasks()).toHaveLength(1);
    expect((await create()).status).toBe(409);
    expect(coder.workspaces()).toHaveLength(1);
    task().workspace.endBuild("succeeded");
    expect(coder.workspaces()).toHaveLength(0);
    expect((await create()).status).toBe(201);
  });

  test("keeps the name if the delete build fails", async () => {
    await start({ deleteMs: 60_000 });
    await idleTask();
    await remove();
    task().failBuild();
    expect((await create()).status).toBe(409);
  });
});

describe("Coder 2.30", () => {
  test("has no pause and no resume", async () => {
    await start({ version: "2.30" });
    await idleTask();
    for (const action of ["pause", "resume"]) {
      const answer = await call("POST", `/api/v2/tasks/mona/gh-1/${action}`);
      expect(answer).toMatchObject({ status: 404, body: { message: "Route not found." } });
    }
    expect((await get("/api/v2/buildinfo")).body.version).toBe("v2.30.0+fake");
  });

  test("answers a send with 502 if busy and 400 if not active, and passes the state failure through", async () => {
    await start({ version: "2.30" });
    await idleTask();
    task().holdBusy();
    expect(await send("x")).toMatchObject({ status: 502, body: { detail: "Status: running" } });
    task().setAgentState("failure");
    expect((await get("/api/v2/tasks/mona/gh-1")).body.current_state.state).toBe("failure");
    task().stop();
    await until(() => task().status === "paused");
    expect((await send("x")).status).toBe(400);
    expect((await get("/api/v2/tasks/mona/gh-1/logs")).status).toBe(400);
  });
});

test("closing cancels all timers permanently", () => {
  jest.useFakeTimers();
  try {
    const timers = new Timers();
    timers.after(10, () => {});
    timers.after(10, () => {})();
    expect(jest.getTimerCount()).toBe(1);
    timers.close();
    timers.after(10, () => {});
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});
