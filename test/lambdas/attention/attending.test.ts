import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { appPermissions } from "../../../infra/definition/github-app.js";
import type { attend as Attend, AttentionOptions } from "../../../lambdas/attention/attending.js";
import type { Changes } from "../../../lambdas/aws/table.js";
import type { Inbox as InboxOf } from "../../../lambdas/inbox/inbox.js";
import type { TaskKey, TaskPull, TaskRecord } from "../../../lambdas/model/record.js";
import type { SourcedRecord, tellOnce as TellOnce } from "../../../lambdas/status/mention.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Issue } from "../../../local/fake-github/issues/issues.js";
import type { Pull } from "../../../local/fake-github/pulls/pull.js";
import { nodeId } from "../../../local/fake-github/repositories/repository.js";
import type { NewCheckReport } from "../../../local/fake-github/runs/check-runs.js";
import { HttpServer } from "../../../local/http/http-server.js";
import { emptyTable } from "../../table-writes.js";
import { startTable } from "../table.js";

const TableName = "attention";
const always = { times: Number.POSITIVE_INFINITY };
const minuteMs = 60_000;

const realNow = Date.now;
let passedMs = 0;
let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;
let store: TaskStore;
let attend: typeof Attend;
let tellOnce: typeof TellOnce;
let Inbox: typeof InboxOf;
const secrets = new SecretsManager();
const gitHub = new FakeGitHub();
const coder = new HttpServer();
const logged: string[] = [];

beforeAll(async () => {
  Date.now = () => realNow() + passedMs;
  dynamoDb = await startTable(TableName);
  client = new DynamoDBClient({});
  secrets.put("app", JSON.stringify({ appId: gitHub.appId, privateKey: gitHub.privateKey }));
  secrets.put("token", "a-token");
  secrets.put("mark", "a-mark");
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await secrets.listen(),
    GITHUB_APP_SECRET_ARN: "app",
    GITHUB_API_URL: await gitHub.listen(),
    CODER_URL: await coder.listen(),
    CODER_TOKEN_SECRET_ARN: "token",
    TASK_MARK_SECRET_ARN: "mark",
    AGENT_GITHUB_USERNAME: gitHub.agentLogin,
    POWERTOOLS_METRICS_NAMESPACE: "test",
    POWERTOOLS_LOG_LEVEL: "SILENT",
  });
  gitHub.addUser({ login: "mona" });
  gitHub.addUser({ login: "left" });
  gitHub.addRepository({
    owner: "octo",
    name: "app",
    private: true,
    permissions: { mona: "write", left: "read", [gitHub.agentLogin]: "write" },
  });
  const { log } = await import("../../../lambdas/runtime/log.js");
  for (const level of ["warn", "error"] as const) {
    jest.spyOn(log, level).mockImplementation((...entry) => void logged.push(JSON.stringify(entry)));
  }
  ({ attend } = await import("../../../lambdas/attention/attending.js"));
  ({ tellOnce } = await import("../../../lambdas/status/mention.js"));
  ({ Inbox } = await import("../../../lambdas/inbox/inbox.js"));
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
});
beforeEach(async () => {
  await emptyTable(client, TableName);
  for (const { faults } of [gitHub.http, coder, dynamoDb]) faults.clear();
  logged.length = 0;
});
afterAll(async () => {
  Date.now = realNow;
  client.destroy();
  await Promise.all([gitHub.close(), coder.close(), secrets.close(), dynamoDb.close()]);
});

const look = (options: Partial<AttentionOptions> = {}) =>
  attend({ settledSeconds: 0, notify: "mention", ...options });

const person = (login: string) => {
  const { id, type } = gitHub.repositories.user(login);
  return { id, login, type };
};

/** A new issue whose agent waits, according to its record. */
async function waiting(record: Changes<TaskRecord> = {}, repo = "octo/app"): Promise<Issue> {
  const { issue } = await gitHub.openIssue({ repo, by: "mona", title: "t", deliver: false });
  const { id, owner, name, installationId: installation } = issue.repo;
  if (installation === null) throw new Error("the App is installed everywhere");
  const url = `https://github.com/octo/app/issues/${issue.number}`;
  const changes: Changes<TaskRecord> = {
    intent: 1,
    wanted: true,
    source: {
      installation,
      repository: { id, owner: owner.login, ownerId: owner.id, name, private: true },
      issue: { number: issue.number, title: "t", url },
    },
    requester: person("mona"),
    task: { backend: "chats", owner: "relay-bot", name: "gh", id: "1", url: "https://coder.example.com/1" },
    status: { state: "waiting" },
    report: "Last turn: asked @tim about #7",
    ...record,
  };
  await store.update(keyOf(issue), changes, { expression: "attribute_not_exists(#never)" });
  return issue;
}

const keyOf = (issue: Issue): TaskKey => ({ repositoryId: issue.repo.id, work: String(issue.number) });
const recordOf = async (issue: Issue) => (await store.get(keyOf(issue))) as SourcedRecord;
const told = (issue: Issue) => gitHub.commentsOn(issue).map(({ body }) => body);
const posts = (issue: Issue) =>
  gitHub.http.calls.filter(
    ({ method, path }) => method === "POST" && path.includes(`/issues/${issue.number}/`),
  ).length;

describe("the requester is told once", () => {
  test("in words that mention nobody else", async () => {
    const issue = await waiting();
    await look();
    await look();
    const [comment = "", ...others] = told(issue);
    expect(others).toEqual([]);
    expect(comment.split("\n\n").slice(1)).toEqual([
      "@mona The agent has finished its turn and waits for you.",
      "> `Last turn: asked @tim about #7`",
    ]);
  });

  test("after an outage of DynamoDB, which fails no run and leaves no dead letter", async () => {
    const issue = await waiting();
    dynamoDb.faults.add({ status: 500, ...always });
    expect(await look()).toEqual({ outcome: "unfinished", works: 0 });
    dynamoDb.faults.clear();
    await look();
    expect(told(issue)).toHaveLength(1);
  });

  test("by two runs at the same time", async () => {
    const issue = await waiting();
    const outcomes = await Promise.all([look(), look()]);
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(["busy", "done"]);
    expect(told(issue)).toHaveLength(1);

    // Even if the first one's lease was too short.
    const other = await waiting();
    const record = await recordOf(other);
    const telling = {
      transition: "waits#1#0",
      page: { number: other.number, url: "https://github.com" },
      mention: { login: "mona", headline: "Look." },
    };
    await Promise.all([tellOnce(store, record, telling), tellOnce(store, record, telling)]);
    await look();
    expect(told(other)).toHaveLength(1);
  });

  test.each([["request"], ["response"]] as const)(
    "if GitHub's connection breaks before the end of the %s",
    async (lose) => {
      const issue = await waiting();
      gitHub.http.fail({ method: "POST", path: /comments$/, lose, ...always });
      await look();
      gitHub.http.faults.clear();
      await look();
      await look();
      expect(told(issue)).toHaveLength(1);
    },
  );

  test("if the table does not answer after the comment was posted", async () => {
    const issue = await waiting();
    const hold = async () => dynamoDb.faults.add({ status: 500, ...always });
    gitHub.http.fail({ method: "POST", path: /comments$/, hold });
    await look().catch(() => undefined);
    dynamoDb.faults.clear();
    passedMs += 5 * minuteMs;
    await look();
    await look();
    expect(told(issue)).toHaveLength(1);
  });

  test("again after something was said, but not while something is waiting to be sent", async () => {
    const issue = await waiting();
    await look();
    const { meta } = new Inbox(keyOf(issue));
    await meta.countStored("comment#1", { resetsRounds: true });
    await store.updateAs(1, keyOf(issue), { status: { state: "waiting" } });
    await look();
    expect(told(issue)).toHaveLength(1);
    await meta.close(await meta.read());
    await look();
    expect(told(issue)).toHaveLength(2);
    // The agent has worked and rested again by itself.
    await store.updateAs(1, keyOf(issue), { status: { state: "running" } });
    await store.updateAs(1, keyOf(issue), { status: { state: "waiting" } });
    await look();
    expect(told(issue)).toHaveLength(2);
  });

  test.each([
    [403, "Unable to create comment because issue is locked."],
    [404, "Not Found"],
    [410, "Gone"],
    [422, "Validation Failed"],
  ])("and it is not tried again after GitHub's %s", async (status, message) => {
    const issue = await waiting();
    gitHub.http.fail({ method: "POST", path: /comments$/, status, body: { message }, ...always });
    const before = posts(issue);
    await look();
    await look();
    expect(posts(issue) - before).toBe(1);
    expect(logged.filter((line) => line.includes("GitHub did not let us say it"))).toHaveLength(1);
    expect(logged.join()).toContain("waits#1#0");
  });

  test("under the login that they have now", async () => {
    gitHub.addUser({ login: "old-name" });
    gitHub.repositories.get("octo/app").permissions.set("old-name", "write");
    const issue = await waiting({ requester: person("old-name") });
    gitHub.renameUser("old-name", "new-name");
    await look();
    expect(told(issue).join()).toContain("@new-name ");
  });

  test("that a run has failed, once it is left to operators and only if the failure still stands after a while", async () => {
    const failed = { state: "failed", detail: "No template.", reference: "create-task-app-1" } as const;
    const issue = await waiting({ status: { ...failed, isRetried: true } });
    await look();
    await store.updateAs(1, keyOf(issue), { status: failed });
    await look({ settledSeconds: 60 });
    expect(told(issue)).toEqual([]);
    passedMs += 2 * minuteMs;
    await look({ settledSeconds: 60 });
    expect(told(issue)).toEqual([
      expect.stringMatching(/@mona This has failed.*No template\..*create-task-app-1/s),
    ]);
  });
});

test("a person is told about a pull request of another repository there, not on the issue of the same number", async () => {
  gitHub.addRepository({ owner: "octo", name: "lib", permissions: { mona: "write" } });
  const { pull } = await gitHub.openPull({
    repo: "octo/lib",
    by: gitHub.agentLogin,
    head: "fix",
    deliver: false,
  });
  const { number, url } = taskPull(pull);
  const asks = { transition: "limit#1", pull: { kind: "pull", number, url } } as const;
  await waiting({ status: { state: "running", detail: "Say what to do.", asks } });
  await look();
  expect(told(pull.issue)).toEqual([expect.stringMatching(/@mona CI needs you\.\n\n> .*Say what to do\./)]);
});

describe("nobody is told", () => {
  test.each([
    ["a bot", () => ({ ...person("mona"), type: "Bot" })],
    ["the agent", () => person(gitHub.agentLogin)],
    ["a person who may no longer speak to the agent", () => person("left")],
    ["an account that is gone", () => ({ id: 987_654_321, login: "gone", type: "User" })],
    ["nobody that the record knows", () => undefined],
  ])("if the requester is %s", async (_, requester) => {
    const issue = await waiting({ requester: requester() });
    await look();
    const asked = gitHub.http.calls.length;
    await look();
    expect(told(issue)).toEqual([]);
    expect(gitHub.http.calls).toHaveLength(asked);
  });

  test("with NOTIFY=none, and nothing is noted", async () => {
    const issue = await waiting();
    await look({ notify: "none" });
    expect(told(issue)).toEqual([]);
    expect((await recordOf(issue)).told).toBeUndefined();
  });

  test("and nothing is asked or read if nothing is due: an idle work is off the list", async () => {
    await waiting();
    await look();
    passedMs += 20 * minuteMs;
    await look();
    const asked = gitHub.http.calls.length;
    let itemsRead = 0;
    dynamoDb.onCall = (call) => {
      itemsRead += call.itemsRead;
    };
    expect(await look()).toEqual({ outcome: "done", works: 0 });
    expect(itemsRead).toBeLessThanOrEqual(1);
    expect(gitHub.http.calls).toHaveLength(asked);
  });
});

test("an outage of Coder, or of one repository, delays nobody else", async () => {
  const task = { backend: "tasks", owner: "mona-c", name: "gh", id: "1" } as const;
  coder.faults.add({ status: 502, ...always });
  const [first, second] = [await waiting({ task }), await waiting()];
  gitHub.http.fail({
    method: "POST",
    path: new RegExp(`/issues/${first.number}/comments$`),
    status: 500,
    ...always,
  });
  await look();
  expect(told(second)).toHaveLength(1);
  gitHub.http.faults.clear();
  await look();
  expect(told(first)).toHaveLength(1);
});

/** The pull request as a task's record stores it. */
function taskPull({ id, number, repo }: Pull): TaskPull {
  const url = `https://github.com/octo/${repo.name}/pull/${number}`;
  const repository = { id: repo.id, owner: repo.owner.login, name: repo.name };
  return {
    nodeId: nodeId("PullRequest", id),
    repository,
    number,
    url,
    state: "draft",
    updatedAt: "",
    learntBy: "1",
  };
}

const openPull = async (repo: string, head: string) =>
  (await gitHub.openPull({ repo, by: gitHub.agentLogin, head, deliver: false })).pull;

const quietly = { repo: "octo/app", by: "mona", deliver: false };

describe("the checks of a pull request", () => {
  const report = (name: string, conclusion?: string) => ({ name, ...(conclusion && { conclusion }) });
  const resultOf = async (
    reports: Pick<NewCheckReport, "name" | "conclusion" | "app">[],
    also?: (sha: string) => unknown,
  ) => {
    const pull = await openPull("octo/app", "fix");
    const headSha = pull.shas[0] ?? "";
    for (const one of reports) await gitHub.reportCheck({ ...quietly, ...one, headSha });
    await also?.(headSha);
    const issue = await waiting({ pulls: [taskPull(pull)], status: { state: "running" } });
    await look({ notify: "none" });
    return (await recordOf(issue)).pulls?.[0]?.checks?.result;
  };
  const fixed = (name: string, conclusion: string) => ({ name, conclusion });

  const many = Array.from({ length: 101 }, (_, n) => fixed(`${n}`, n === 100 ? "failure" : "success"));
  test.each([
    [
      "passed",
      "neutral and skipped ones",
      [fixed("a", "success"), fixed("b", "neutral"), fixed("c", "skipped")],
    ],
    ["running", "one that runs", [fixed("a", "success"), report("b")]],
    ["failed", "one that has failed and one that runs", [fixed("a", "failure"), report("b")]],
    ["failed", "one that was cancelled", [fixed("a", "cancelled")]],
    ["none", "none", []],
    ["passed", "one that has passed the second time", [fixed("a", "failure"), fixed("a", "success")]],
    ["failed", "more than a hundred, the last of which has failed", many],
  ])("are %s with %s", async (expected, _, reports) => {
    expect(await resultOf(reports)).toBe(expected);
  });

  test("count only if the config file does not ignore them, by their names or those of their workflows", async () => {
    const files = { ".code-factory/config.toml": '[ci]\nignore = ["flaky*", "Nightly"]\n' };
    await gitHub.push({ ...quietly, files });
    const nightly = (headSha: string) =>
      gitHub.completeRun({
        ...quietly,
        workflow: "Nightly",
        branch: "fix",
        headSha,
        conclusion: "failure",
        jobs: [{ name: "test", conclusion: "failure" }],
      });
    expect(await resultOf([fixed("flaky-1", "failure"), fixed("build", "success")], nightly)).toBe("passed");
    expect(await resultOf([fixed("build", "failure")], nightly)).toBe("failed");
  });

  test("do not include those of the App itself, which say what is wrong with the config file", async () => {
    const own = { ...fixed("config", "failure"), app: { id: Number(gitHub.appId), slug: "relay" } };
    expect(await resultOf([own])).toBe("none");
    expect(await resultOf([own, fixed("build", "success")])).toBe("passed");
    expect(await resultOf([fixed("config", "failure")])).toBe("failed");
  });

  test.each([
    ["passed", "has run again for the same event", "pull_request"],
    ["failed", "has also run for another event", "push"],
  ])("are %s if a workflow that was cancelled %s", async (expected, _, event) => {
    const ci = { ...quietly, workflow: "CI", branch: "fix" };
    const runs = async (headSha: string) => {
      const jobs = (conclusion: "cancelled" | "success") => [{ name: "test", conclusion }];
      await gitHub.completeRun({ ...ci, headSha, conclusion: "cancelled", jobs: jobs("cancelled") });
      await gitHub.completeRun({ ...ci, headSha, event, conclusion: "success", jobs: jobs("success") });
    };
    expect(await resultOf([], runs)).toBe(expected);
  });

  test("are not called green, and the log says why, if the permission to read a failed status is missing", async () => {
    const { statuses: _, ...others } = appPermissions;
    const status = (sha: string) =>
      gitHub.setStatus({ ...quietly, sha, context: "jenkins", state: "failure" });
    gitHub.auth.permissions = others;
    passedMs += 61 * minuteMs;
    expect(await resultOf([fixed("build", "success")], status)).toBe("failed");
    expect(logged.join()).toContain("may lack Checks: read or Commit statuses: read");
    gitHub.auth.permissions = { ...appPermissions };
    passedMs += 61 * minuteMs;
  });

  test("are not shown, and the log says why, if the permission to read them is missing", async () => {
    gitHub.auth.permissions = { metadata: "read", issues: "write", pull_requests: "write", contents: "read" };
    passedMs += 61 * minuteMs;
    expect(await resultOf([fixed("a", "success")])).toBeUndefined();
    expect(logged.join()).toContain("Resource not accessible by integration");
    gitHub.auth.permissions = { ...appPermissions };
    passedMs += 61 * minuteMs;
  });
});

test("a green pull request is ready once GitHub has computed that it can be merged, and until then its conflict is shown", async () => {
  const pull = await openPull("octo/app", "green");
  const headSha = pull.shas[0] ?? "";
  await gitHub.reportCheck({ ...quietly, headSha, name: "build", conclusion: "success" });
  const issue = await waiting({
    pulls: [{ ...taskPull(pull), state: "open" }],
  });
  /** Looks once a minute, because a work is not due each time. */
  const lookFor = async (minutes: number, mergeability: Pull["mergeability"]) => {
    for (let n = 0; n < minutes; n++) {
      passedMs += minuteMs;
      pull.mergeability = mergeability;
      await look({ settledSeconds: 60 });
    }
    return told(pull.issue);
  };
  const checks = async () => (await recordOf(issue)).pulls?.[0]?.checks;
  const reviewed = await openPull("octo/app", "reviewed");
  await waiting({ pulls: [{ ...taskPull(reviewed), state: "open", ask: "review" }] });
  pull.hasConflict = true;
  expect(await lookFor(5, "unknown")).toEqual([]);
  expect(await checks()).toMatchObject({ result: "passed", isMergeable: false });
  expect(told(issue).join()).toContain("(open, has conflicts, checks ✅)");
  pull.hasConflict = false;
  gitHub.http.fail({ path: new RegExp(`/pulls/${pull.number}$`), status: 404, body: {}, ...always });
  expect(await lookFor(5, "unknown")).toEqual([]);
  expect((await checks())?.isMergeable).toBeUndefined();
  const edits = () => gitHub.http.calls.filter(({ method }) => method === "PATCH").length;
  const before = edits();
  expect(await lookFor(5, "known")).toEqual([expect.stringContaining("@mona This pull request is ready")]);
  expect(edits()).toBe(before);
  // Nobody is told about a pull request that the agent only reviews.
  expect(told(reviewed.issue)).toEqual([]);
});

test.each([
  ["ten", "waiting", 10],
  ["twenty", "running", 20],
] as const)(
  "a pull request without checks is ready after %s times the patience if its agent is %s",
  async (_, state, times) => {
    const pull = await openPull("octo/app", `none-${state}`);
    await waiting({ status: { state }, pulls: [{ ...taskPull(pull), state: "open" }] });
    /** Looks once a minute, because a work is not due each time. */
    const lookFor = async (minutes: number) => {
      for (let n = 0; n < minutes; n++) {
        await look({ settledSeconds: 60 });
        passedMs += minuteMs;
      }
      return told(pull.issue);
    };
    expect(await lookFor(times)).toEqual([]);
    expect(await lookFor(5)).toEqual([
      expect.stringContaining("@mona This pull request is ready, and no checks have reported on it."),
    ]);
  },
);

test("the checks of sixty pull requests in twenty repositories take three queries", async () => {
  for (let n = 0; n < 20; n++) {
    const repo = `octo/r${n}`;
    gitHub.addRepository({ owner: "octo", name: `r${n}`, permissions: { mona: "write" } });
    const pulls: TaskPull[] = [];
    for (const head of ["a", "b", "c"]) pulls.push(taskPull(await openPull(repo, head)));
    await waiting({ pulls, status: { state: "running" } }, repo);
  }
  const before = gitHub.http.calls.length;
  expect(await look({ notify: "none" })).toEqual({ outcome: "done", works: 20 });
  const asked = gitHub.http.calls.slice(before).map(({ path }) => path);
  expect(asked.filter((path) => path === "/graphql")).toHaveLength(3);
  expect(asked.filter((path) => path === "/rate_limit")).toHaveLength(1);
});
