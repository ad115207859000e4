import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { CoderBackend, CoderTask } from "../../../lambdas/coder/port.js";
import type { Phase } from "../../../lambdas/model/phase.js";
import type { CoderSettings } from "../../../lambdas/runtime/environment.js";
import type { FakeCoderOptions } from "../../../local/fake-coder/fake-coder.js";
import type { FakeTask } from "../../../local/fake-coder/tasks/fake-task.js";
import { create, Deployment, issue, mona, specified } from "./deployments.js";

interface Row {
  coder: FakeCoderOptions;
  settings?: Partial<CoderSettings>;
  /** The expected backend. */
  api: "tasks" | "chats";
  owner: "mona-c" | "relay-bot";
}

const withTemplate = { CODER_TEMPLATE_NAME: "task-template" };
const asRequester = { CODER_CHAT_IDENTITY: "requester" } as const;
const legacyChats = { version: "2.35", tasks: false, stringErrors: true } as const;

const rows: [string, Row][] = [
  ["Tasks of 2.34", { coder: { version: "2.34" }, api: "tasks", owner: "mona-c" }],
  ["Tasks of 2.30", { coder: { version: "2.30" }, api: "tasks", owner: "mona-c" }],
  ["Chats of 2.38", { coder: { version: "2.38" }, api: "chats", owner: "relay-bot" }],
  ["Chats of 2.35", { coder: legacyChats, api: "chats", owner: "relay-bot" }],
  [
    "Chats of 2.38 with a template",
    { coder: { version: "2.38" }, settings: withTemplate, api: "chats", owner: "relay-bot" },
  ],
  [
    "Chats of 2.38, owned by the requester",
    { coder: { version: "2.38" }, settings: asRequester, api: "chats", owner: "mona-c" },
  ],
  [
    "Chats of 2.35 with a template, owned by the requester",
    { coder: legacyChats, settings: { ...asRequester, ...withTemplate }, api: "chats", owner: "mona-c" },
  ],
];

describe.each(rows)("%s", (_, row) => {
  let deployment: Deployment;
  let backend: CoderBackend;
  beforeEach(async () => {
    deployment = await Deployment.start(row.coder, row.settings);
    backend = await deployment.coder.preferred();
  });
  afterEach(async () => {
    expect(deployment.fake.mintedTokens()).toEqual([]);
    await deployment.close();
  });

  const find = async (task: CoderTask) => {
    const found = await backend.find(task, issue);
    if (!found) throw new Error("the task is not found");
    return found;
  };

  /** Polls until the task is in one of the phases, and returns it. */
  async function untilPhase(task: CoderTask, ...phases: Phase[]): Promise<CoderTask> {
    for (;;) {
      const found = await find(task);
      if (phases.includes(found.view.phase)) return found;
      await sleep(5);
    }
  }

  /** Retries a TaskBusyError, as a state machine does. */
  async function patiently(work: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "TaskBusyError") throw error;
        await sleep(10);
      }
    }
  }

  async function ready(): Promise<CoderTask> {
    return untilPhase(await create(backend), "ready");
  }

  const told = () => deployment.agent.inputs.map(({ text }) => text);

  test("creates a task with the prompt and with its own page for the person", async () => {
    expect(backend.api).toBe(row.api);
    const task = await create(backend);
    expect(task).toMatchObject({ backend: row.api, owner: row.owner, name: "gh-app-5" });
    expect(task.url).toMatch(
      row.api === "tasks"
        ? /^http:\/\/127.0.0.1:\d+\/tasks\/mona-c\/[0-9a-f-]{36}$/
        : /^http:\/\/127.0.0.1:\d+\/agents\/[0-9a-f-]{36}$/,
    );
    expect(deployment.agent).toMatchObject({ id: task.id, owner: row.owner });
  });

  test("creates it once, even if it is requested several times", async () => {
    const first = await create(backend);
    const second = await create(backend);
    expect(second.id).toBe(first.id);
    expect(deployment.count).toBe(1);
  });

  test("creates it once even if the answer is lost", async () => {
    deployment.fake.http.fail({ method: "POST", path: /\/(tasks\/mona-c|chats)$/, lose: "response" });
    const task = await create(backend);
    expect(deployment.agent.id).toBe(task.id);
    expect(deployment.count).toBe(1);
  });

  test("does not mistake another issue's task of the same name for its own", async () => {
    await create(backend);
    const other = {
      ...issue,
      repositoryId: 12,
      reference: "acme/app#5",
      url: "https://github.com/acme/app/issues/5",
    };
    const made = await (await backend.prepare(null))(
      await specified(backend, { work: other, prompt: other.url }),
    );
    const isKey = row.api === "tasks" || row.settings?.CODER_TEMPLATE_NAME !== undefined;
    if (isKey) expect(made).toBe("taken");
    else expect(made).toMatchObject({ name: "gh-app-5" });
    expect(deployment.count).toBe(isKey ? 1 : 2);
  });

  test("finds it with its id, and without", async () => {
    const task = await create(backend);
    expect(await find(task)).toMatchObject({ id: task.id, url: task.url });
    const { id: _, url: __, ...claimed } = task;
    expect(await backend.find(claimed, issue)).toMatchObject({ id: task.id, url: task.url });
    const another = { ...claimed, name: "gh-app-6" };
    expect(await backend.find(another, { repositoryId: 4711, work: "6" })).toBeUndefined();
  });

  test("finds it by its issue alone if the record is lost", async () => {
    expect(await backend.search(issue, mona)).toBeUndefined();
    const task = await create(backend);
    expect(await backend.search(issue, mona)).toMatchObject({ id: task.id, name: "gh-app-5" });
    const other = { ...issue, work: "50", reference: "octo/app#50", url: `${issue.url}0` };
    expect(await backend.search(other, mona)).toBeUndefined();
  });

  test("sends a text to an agent that can take a message", async () => {
    const task = await ready();
    expect(await backend.send(task, "hello\nReference: abc")).toBe("sent");
    expect(told()).toEqual(["hello\nReference: abc"]);
    expect(await backend.reception(task, "Reference: abc")).toBe("received");
    expect(await backend.reception(task, "Reference: xyz")).toBe("not received");
  });

  test("a working agent gets the text later: Coder reports that it is busy, or queues the text", async () => {
    const task = await ready();
    deployment.agent.holdBusy();
    const { view } = await find(task);
    expect(view.phase).toBe("working");
    const outcome = await backend.send(task, "hello");
    expect(outcome).toBe(view.queues ? "sent" : "busy");
    expect(told()).toEqual([]);
    if (view.queues) expect(await backend.reception(task, "hello")).toBe("received");
    deployment.agent.release();
    await untilPhase(task, "ready");
    if (outcome === "busy") expect(await backend.send(task, "hello")).toBe("sent");
    expect(told()).toEqual(["hello"]);
  });

  if (row.api === "tasks") {
    test("knows whether the screen of an agent that reports no state changes, and whether it would take a message", async () => {
      const task = await ready();
      const { silentAgents } = backend;
      (deployment.agent as FakeTask).setAgentState(null);
      expect((await find(task)).view.silent).toBe(true);
      expect(await silentAgents?.listens(task)).toBe(true);
      const screen = await silentAgents?.screen(task);
      expect(await silentAgents?.screen(task)).toBe(screen);
      deployment.agent.holdBusy();
      expect(await silentAgents?.listens(task)).toBe(false);
      deployment.agent.release();
      expect(await silentAgents?.screen(task)).not.toBe(screen);
      expect(told()).toEqual([]);
      deployment.fake.http.fail({ path: /\/logs$/, status: 404 });
      expect(await silentAgents?.screen(task)).toBeUndefined();
      deployment.fake.http.fail({ path: /\/send$/, status: 502, body: { message: "Bad gateway" } });
      expect(await silentAgents?.listens(task)).toBe(false);
    });
  }

  test("finds out whether a text arrived if the answer was lost", async () => {
    const task = await ready();
    deployment.fake.http.fail({ method: "POST", path: /\/(send|messages)$/, lose: "response" });
    expect(await backend.send(task, "Reference: one")).toBe("unknown");
    expect(await backend.reception(task, "Reference: one")).toBe("received");
    deployment.fake.http.fail({ method: "POST", path: /\/(send|messages)$/, lose: "request" });
    expect(await backend.send(task, "Reference: two")).toBe("unknown");
    expect(await backend.reception(task, "Reference: two")).toBe("not received");
  });

  test("stops it and lets it continue", async () => {
    const task = await ready();
    deployment.agent.holdBusy();
    await patiently(() => backend.stop(task));
    const stopped = await untilPhase(task, "paused", "ready");
    deployment.agent.release();
    await patiently(() => backend.resume(stopped));
    await patiently(() => backend.continueTurn(stopped));
    const again = await untilPhase(stopped, "ready");
    expect(await backend.send(again, "go on")).toBe("sent");
    expect(told().at(-1)).toBe("go on");
  });

  test("removes it in any phase with all its resources, and removing it again is not an error", async () => {
    const task = await ready();
    deployment.agent.holdBusy();
    await backend.send(task, "one more thing");
    await patiently(() => backend.remove(task, issue));
    expect(deployment.count).toBe(0);
    await patiently(() => backend.remove(task, issue));
    while (deployment.fake.workspaces().length > 0) await sleep(5);
    expect(await backend.find({ ...task, id: undefined }, issue)).toBeUndefined();
  });

  test("creates a new one for the same issue after that", async () => {
    const former = await ready();
    await patiently(() => backend.remove(former, issue));
    while (deployment.fake.workspaces().length > 0) await sleep(5);
    const task = await create(backend);
    expect(task.id).not.toBe(former.id);
    expect(deployment.count).toBe(1);
  });

  test("reports a task that is gone", async () => {
    const task = await ready();
    await deployment.lose();
    expect(await backend.find(task, issue)).toBeUndefined();
    expect(await backend.send(task, "hello")).toBe("gone");
    await backend.remove(task, issue);
  });

  test("lets the requester open its page", async () => {
    const task = await create(backend);
    await backend.share(task, mona);
    const [chat] = deployment.fake.chats();
    const isBots = row.owner === "relay-bot";
    expect([...(chat?.viewers ?? [])]).toEqual(isBots ? [deployment.monaInCoder.id] : []);
  });
});
