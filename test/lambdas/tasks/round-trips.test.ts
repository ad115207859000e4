import { setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { IssueEvent, StartingEvent } from "../../../lambdas/model/event.js";
import type { Plan } from "../../../lambdas/model/plan.js";
import { taskKey } from "../../../lambdas/model/record.js";
import type { registerIntent } from "../../../lambdas/tasks/intent.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { TaskCreation } from "../../../lambdas/tasks/task-creation.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { FakeCoder } from "../../../local/fake-coder/fake-coder.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import { connect, mona } from "../coder/deployments.js";
import { startTable } from "../table.js";

let dynamoDb: LocalDynamoDb;
let store: TaskStore;
let Store: typeof TaskStore;
let Creation: typeof TaskCreation;
let register: typeof registerIntent;
let fake: FakeCoder;
const gitHub = new FakeGitHub();
const secrets = new SecretsManager();

beforeAll(async () => {
  dynamoDb = await startTable("round-trips");
  secrets.put("app", JSON.stringify({ appId: gitHub.appId, privateKey: gitHub.privateKey }));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await secrets.listen(),
    GITHUB_APP_SECRET_ARN: "app",
    GITHUB_API_URL: await gitHub.listen(),
    AGENT_GITHUB_USERNAME: gitHub.agentLogin,
  });
  gitHub.addUser({ login: "mona" });
  gitHub.addRepository({ owner: "octo", name: "app", permissions: { mona: "write" } });
  Store = (await import("../../../lambdas/tasks/store.js")).TaskStore;
  store = new Store();
  Creation = (await import("../../../lambdas/tasks/task-creation.js")).TaskCreation;
  register = (await import("../../../lambdas/tasks/intent.js")).registerIntent;
  fake = new FakeCoder({ version: "2.35" });
  await fake.listen();
  fake.addUser({ username: "mona-c", githubId: mona.id });
  fake.addTemplate({ name: "task-template", presets: [{ name: "small", default: true }] });
});
afterAll(async () => {
  await Promise.all([fake.close(), gitHub.close(), secrets.close(), dynamoDb.close()]);
});

/**
 * Holds back all answers of a round until all of its requests have arrived, so no request may wait for the answer to
 * another.
 */
function atOnce(...paths: RegExp[]): void {
  let arrived = 0;
  let answer = () => {};
  const all = new Promise<void>((resolve) => {
    answer = resolve;
  });
  for (const path of paths) {
    fake.http.fail({
      path,
      hold: () => {
        arrived += 1;
        if (arrived === paths.length) answer();
        return all;
      },
    });
  }
}

const plan: Plan = { outcome: "planned", detail: "", requester: mona, factory: null, prompt: "" };

async function create(
  number: number,
  coder: ReturnType<typeof connect>,
  { http }: FakeCoder = fake,
): Promise<string[]> {
  const event: StartingEvent = {
    type: "task_requested",
    delivery: `delivery-${number}`,
    installation: 1,
    repository: { id: 7, owner: "octo", name: "app", private: false },
    at: "2026-01-01T00:00:00Z",
    sender: mona,
    issue: {
      number,
      title: "It is broken",
      url: `https://github.com/octo/app/issues/${number}`,
      comments: 0,
    },
  };
  const key = { repositoryId: 7, work: String(number) };
  await store.update(key, { intent: 1, wanted: true }, { expression: "attribute_not_exists(#intent)" });
  const record = await store.claimCreation(1, key, "execution");
  if (!record) throw new Error("the creation is not claimed");
  const before = http.calls.length;
  const creation = await new Creation({ store, coder, event, intent: 1, plan }, record).run();
  expect(creation.outcome).toBe("created");
  return http.calls.slice(before).map(({ method, path }) => `${method} ${path}`);
}

test.each([
  ["tasks", 1],
  ["auto", 3],
] as const)(
  "with CODER_BACKEND %s, the first creation takes three rounds of requests to Coder, and later ones two",
  async (backend, number) => {
    const coder = connect(fake.url, fake.token, { CODER_BACKEND: backend });
    atOnce(/\/api\/v2\/tasks$/, /\/api\/v2\/users$/, /\/templates\/task-template$/);
    const first = await create(number, coder);
    expect(first.slice(0, 3).sort()).toEqual([
      "GET /api/v2/organizations/default/templates/task-template",
      "GET /api/v2/tasks",
      "GET /api/v2/users",
    ]);
    expect(first.slice(3)).toEqual([expect.stringMatching(/^GET .*\/presets$/), "POST /api/v2/tasks/mona-c"]);

    atOnce(/\/api\/v2\/users$/, /\/templates\/task-template$/);
    const second = await create(number + 1, coder);
    expect(second.slice(0, 2).sort()).toEqual([
      "GET /api/v2/organizations/default/templates/task-template",
      "GET /api/v2/users",
    ]);
    expect(second.slice(2)).toEqual(["POST /api/v2/tasks/mona-c"]);
  },
);

test("only the first creation on a Coder without Tasks asks for what Tasks need", async () => {
  const withoutTasks = new FakeCoder({ version: "2.38" });
  await withoutTasks.listen();
  try {
    const coder = connect(withoutTasks.url, withoutTasks.token);
    let answer = () => {};
    const created = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // The answer that the template is missing arrives last.
    withoutTasks.http.fail({ path: /\/templates\//, hold: () => created });
    await create(5, coder, withoutTasks);
    answer();
    const asked = (path: RegExp) =>
      withoutTasks.http.calls.filter((call) => path.test(`${call.path}?${call.query}`)).length;
    while (asked(/\/templates\//) === 0) await setImmediate();
    await create(6, coder, withoutTasks);
    const lookups = [/\/templates\//, /\/tasks\?q=owner%3Ame$/, /\/chats\?limit=1$/];
    expect(lookups.map(asked)).toEqual([1, 1, 1]);
    expect(withoutTasks.chats()).toHaveLength(2);
  } finally {
    await withoutTasks.close();
  }
});

/** A new issue without comments, and its assignment. */
async function assignment() {
  const { issue } = await gitHub.openIssue({ repo: "octo/app", by: "mona", title: "t", deliver: false });
  const { payload } = await gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
  const { id, owner, name, installationId: installation } = issue.repo;
  const { number } = issue;
  const event: IssueEvent = {
    type: "task_requested",
    delivery: `assignment-${number}`,
    installation: installation ?? 0,
    repository: { id, owner: owner.login, ownerId: owner.id, name, private: false },
    at: String(Object(payload.issue).updated_at),
    sender: { id: gitHub.repositories.user("mona").id, login: "mona", type: "User" },
    issue: { number, title: "t", url: `https://github.com/octo/app/issues/${number}`, comments: 0 },
  };
  const close = () => gitHub.closeIssue(issue, { by: "mona", deliver: false });
  return { event, close };
}

test("a claim of a new issue reads no record; if one exists by then, GitHub is asked again, because its answer may be older", async () => {
  const { event, close } = await assignment();
  const overtaken = new Store();
  overtaken.get = () => Promise.reject(new Error("the record is read"));
  overtaken.update = async (...claim) => {
    overtaken.get = store.get.bind(store);
    await close();
    const closed = { intent: 1, wanted: false, intentDelivery: "the close", intentAt: event.at };
    await store.update(taskKey(event), closed, { expression: "attribute_not_exists(#intent)" });
    return store.update(...claim);
  };
  expect(await register(overtaken, event)).toMatchObject({ outcome: "overtaken", intent: null });
});

test("a claim that is repeated after the issue was closed gets the same number", async () => {
  const { event, close } = await assignment();
  expect(await register(store, event)).toMatchObject({ outcome: "claimed", intent: 1 });
  await close();
  expect(await register(store, event)).toMatchObject({ outcome: "claimed", intent: 1 });
});
