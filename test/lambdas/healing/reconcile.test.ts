import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { SweepStore } from "../../../lambdas/healing/sweep-state.js";
import type { Inbox } from "../../../lambdas/inbox/inbox.js";
import type * as Inputs from "../../../lambdas/inbox/inputs.js";
import type { IssueEvent, PullAsk, PullConflicted } from "../../../lambdas/model/event.js";
import { type PullState, type TaskKey, taskKey } from "../../../lambdas/model/record.js";
import type { RelayEvent } from "../../../lambdas/model/relay-event.js";
import type { Relayed } from "../../../lambdas/model/relayed.js";
import type { TaskStore } from "../../../lambdas/tasks/store.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Issue } from "../../../local/fake-github/issues/issues.js";
import type { Pull } from "../../../local/fake-github/pulls/pull.js";
import type { NewCheckReport } from "../../../local/fake-github/runs/check-runs.js";
import type { NewStatus } from "../../../local/fake-github/runs/commit-statuses.js";
import { metricsIn } from "../../../local/lambda-host/metrics.js";
import { mockClient } from "../../mock-client.js";
import { writeAll } from "../../table-writes.js";
import { startTable } from "../table.js";

const stepFunctions = mockClient(SFNClient);
const scheduler = mockClient(SchedulerClient);
const secrets = mockClient(SecretsManagerClient);
const TableName = "reconcile";
const flows = [
  "CREATE_TASK",
  "DELETE_TASK",
  "FORWARD_COMMENT",
  "RELAY_FAILURE",
  "SYNC_REPO_CONFIG",
  "WATCH_PULLS",
  "TRACK_PULL",
];

/** GitHub's clock for events, set to an hour ago so that no webhook can still be in flight. */
const anHourAgo = () => new Date(Date.now() - 3_600_000);
let now = anHourAgo;

/** How much time of the invocation has passed in addition. */
let passedMs = 0;
const realNow = performance.now.bind(performance);

let dynamoDb: LocalDynamoDb;
let gitHub: FakeGitHub;
let handler: typeof import("../../../lambdas/actions/reconcile.js").handler;
let store: TaskStore;
let Box: typeof Inbox;
let State: typeof SweepStore;
let inputs: typeof Inputs;
let started: { name: string; event: RelayEvent }[];
/** The schedules in EventBridge Scheduler: the input of each, by its name. */
let schedules: Map<string, string>;
let issue: Issue;
let repository = 0;
let repo: string;

beforeAll(async () => {
  performance.now = () => realNow() + passedMs;
  dynamoDb = await startTable(TableName);
  gitHub = new FakeGitHub({ now: () => now() });
  await gitHub.listen();
  gitHub.addUser({ login: "mona" });
  Object.assign(process.env, {
    GITHUB_API_URL: gitHub.url,
    GITHUB_APP_SECRET_ARN: "githubApp",
    // In its development mode, Powertools writes metrics to the console.
    POWERTOOLS_DEV: "true",
    POWERTOOLS_METRICS_DISABLED: "false",
    POWERTOOLS_METRICS_NAMESPACE: "relay",
    AGENT_GITHUB_USERNAME: gitHub.agentLogin,
    POWERTOOLS_LOG_LEVEL: "SILENT",
    SCHEDULE_GROUP: "relay",
    SCHEDULE_ROLE_ARN: "arn:role",
    SCHEDULE_DEAD_LETTERS_ARN: "arn:dead",
    ...Object.fromEntries(flows.map((flow) => [`${flow}_FLOW_ARN`, `arn:${flow}`])),
  });
  const key = JSON.stringify({ appId: gitHub.appId, privateKey: gitHub.privateKey });
  secrets.on(GetSecretValueCommand).resolves({ SecretString: key });
  ({ handler } = await import("../../../lambdas/actions/reconcile.js"));
  store = new (await import("../../../lambdas/tasks/store.js")).TaskStore();
  Box = (await import("../../../lambdas/inbox/inbox.js")).Inbox;
  State = (await import("../../../lambdas/healing/sweep-state.js")).SweepStore;
  inputs = await import("../../../lambdas/inbox/inputs.js");
});
afterAll(async () => {
  performance.now = realNow;
  await gitHub.close();
  await dynamoDb.close();
});

afterEach(() => {
  jest.restoreAllMocks();
});

beforeEach(async () => {
  // The metrics. `countsOf` reads some of them.
  jest.spyOn(console, "log").mockImplementation(() => {});
  now = anHourAgo;
  passedMs = 0;
  started = [];
  schedules = new Map();
  stepFunctions.reset();
  stepFunctions.on(StartExecutionCommand).callsFake(({ name, input }) => {
    started.push({ name, event: JSON.parse(input).event });
    return { executionArn: `arn:${name}`, startDate: new Date() };
  });
  scheduler.reset();
  scheduler.on(ListSchedulesCommand).callsFake(({ NamePrefix = "" }) => ({
    Schedules: [...schedules.keys()]
      .filter((name) => name.startsWith(NamePrefix))
      .map((name) => ({ Name: name })),
  }));
  scheduler.on(GetScheduleCommand).callsFake(({ Name }) => ({ Target: { Input: schedules.get(Name) } }));
  for (const { owner, name } of gitHub.repositories.all())
    gitHub.repositories.remove(`${owner.login}/${name}`);
  await new State().write({});
  repository += 1;
  repo = `octo/app${repository}`;
  gitHub.addRepository({ owner: "octo", name: `app${repository}`, permissions: { mona: "write" } });
  ({ issue } = await gitHub.openIssue({ repo, by: "mona", title: "It is broken" }));
});

const keyOf = ({ repo, number }: Issue) => ({ repositoryId: repo.id, work: String(number) });
const assign = (one = issue) =>
  gitHub.assign(one, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
const types = () => started.map(({ event }) => event.type);

function sourceOf({ repo: { id, owner, name, private: isPrivate, installationId }, number, title }: Issue) {
  const url = `https://github.com/${owner.login}/${name}/issues/${number}`;
  return {
    installation: installationId ?? 0,
    repository: { id, owner: owner.login, ownerId: owner.id, name, private: isPrivate },
    issue: { number, title, url },
  };
}

/** Creates the issue's task as a webhook did an hour ago. */
async function haveTask(one = issue): Promise<void> {
  await assign(one);
  await noteTask(one);
}

async function noteTask(one: Issue): Promise<void> {
  await store.noteWanted(keyOf(one));
  await store.update(
    keyOf(one),
    {
      intent: 1,
      wanted: true,
      intentAt: gitHub.repositories.timestamp(),
      source: sourceOf(one),
      task: { backend: "tasks", owner: "mona-c", name: `gh-${one.number}`, id: "1" },
    },
    { expression: "attribute_not_exists(#intent)" },
  );
}

async function agentsPull(draft = false): Promise<Pull> {
  const by = gitHub.agentLogin;
  const told = { head: "fix", closes: [issue.number], draft, deliver: false };
  const { pull } = await gitHub.openPull({ repo, by, ...told });
  await track(pull);
  return pull;
}

/** Stores the state of the task's pull request, as after a webhook. */
async function track(
  pull: Pull,
  work = String(issue.number),
  state = pull.draft ? "draft" : "open",
): Promise<void> {
  const { id, owner, name } = pull.repo;
  const { number } = pull;
  const updatedAt = pull.issue.updatedAt;
  const known = { number, url: "https://github.com", updatedAt, learntBy: "1", state: state as PullState };
  const nodeId = `PR_${pull.id}`;
  const pulls = [{ ...known, nodeId, repository: { id, owner: owner.login, name } }];
  await store.update({ repositoryId: id, work }, { pulls }, { expression: "attribute_exists(#intent)" });
}

/** Copies the table's items about the first pull request's task for the other ones, in few requests. */
async function copyTask([first, ...others]: Pull[]): Promise<void> {
  if (!first) throw new Error("there is no pull request");
  const client = new DynamoDBClient({});
  const id = String(first.repo.id);
  const { Items = [] } = await client.send(
    new ScanCommand({
      TableName,
      FilterExpression: "contains(pk, :id) OR contains(sk, :id)",
      ExpressionAttributeValues: { ":id": { S: id } },
    }),
  );
  // The note that its task is wanted, its record, its branch, and the note that it is watched.
  expect(Items).toHaveLength(4);
  const text = JSON.stringify(Items);
  const puts = others.flatMap(({ repo, ...pull }) => {
    const copied = text
      .replaceAll(id, String(repo.id))
      .replaceAll(`PR_${first.id}"`, `PR_${pull.id}"`)
      .replaceAll(`/${first.repo.name}/`, `/${repo.name}/`)
      .replaceAll(`"${first.repo.name}"`, `"${repo.name}"`);
    return (JSON.parse(copied) as typeof Items).map((Item) => ({ PutRequest: { Item } }));
  });
  await writeAll(client, TableName, puts);
  client.destroy();
}

/** Stores the input that the started flow would put into the inbox. */
async function takeIn(event: RelayEvent | PullConflicted, checks: Relayed["checks"] = []): Promise<void> {
  const inbox = new Box(keyOf(issue));
  if (event.type === "comment_posted") await inbox.put(inputs.inputOfComment(event), { isHuman: true });
  if (!(event.type === "check_failed" || event.type === "check_reported" || event.type === "pull_conflicted"))
    return;
  const subject = { kind: "pull", number: 2, url: "https://github.com" } as const;
  const relayed: Relayed = { silence: "", who: "", text: "log", branch: "fix", checks };
  for (const input of inputs.inputsOfFailure(event, subject, keyOf(issue), relayed)) {
    await inbox.put(input, { isHuman: false });
  }
}

/** The event of a webhook. */
async function eventOf(type: string, payload: unknown): Promise<RelayEvent> {
  const { classify } = await import("../../../lambdas/webhook/classify.js");
  const classified = classify(type, "1-2-3", payload, { agent: gitHub.agentLogin });
  if (!("event" in classified)) throw new Error("it is skipped");
  return classified.event;
}

/** Collects the values of a metric from now on. */
function countsOf(metric: string): number[] {
  const counts: number[] = [];
  jest.spyOn(console, "log").mockImplementation((line) => {
    for (const { name, value } of metricsIn(line)) if (name === metric) counts.push(value);
  });
  return counts;
}

/** Expects that a further run finds no gaps. */
async function nothingIsLeft(): Promise<void> {
  started = [];
  expect(await handler({ dryRun: true })).toMatchObject({ outcome: "complete", gaps: [] });
  expect(await handler({})).toMatchObject({ outcome: "complete", gaps: [] });
  expect(types()).toEqual([]);
}

describe("an assignment that was never sent", () => {
  test("starts create-task as the person who assigned the agent, once", async () => {
    await assign();
    expect(await handler({})).toEqual({
      outcome: "complete",
      repositories: 1,
      gaps: [
        {
          gap: `${repo}#1 is assigned to the agent and has no task`,
          execution: expect.stringMatching(/^create-task-app\d+-1-[0-9a-f-]{36}$/),
        },
      ],
    });
    expect(started).toEqual([
      {
        name: expect.stringMatching(/^create-task-/),
        event: expect.objectContaining({
          type: "task_requested",
          sender: { id: gitHub.repositories.user("mona").id, login: "mona", type: "User" },
          issue: expect.objectContaining({ number: 1, title: "It is broken", comments: 0 }),
        }),
      },
    ]);
    await nothingIsLeft();
  });

  test("of an issue that was reopened counts as the reopening", async () => {
    await assign();
    await gitHub.closeIssue(issue, { by: "mona", deliver: false });
    await gitHub.reopenIssue(issue, { by: "tim", deliver: false });
    await handler({});
    expect(started.map(({ event }) => "sender" in event && event.sender.login)).toEqual(["tim"]);
  });

  test("is left to its webhook while it is recent", async () => {
    now = () => new Date();
    await assign();
    expect((await handler({})).gaps).toEqual([]);
    expect((await handler({ minimumAgeSeconds: 0 })).gaps).toHaveLength(1);
  });

  test("is no gap if it was refused, until somebody assigns the agent again", async () => {
    await assign();
    const status = { state: "refused", refusedAt: gitHub.repositories.timestamp() } as const;
    await store.update(keyOf(issue), { status }, { expression: "attribute_not_exists(#intent)" });
    await handler({});
    expect(types()).toEqual([]);
    await gitHub.unassign(issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
    now = () => new Date(Date.now() - 1_800_000);
    await assign();
    await handler({});
    expect(types()).toEqual(["task_requested"]);
  });

  test("a dry run only reports", async () => {
    await assign();
    for (let n = 0; n < 2; n++) expect((await handler({ dryRun: true })).gaps).toHaveLength(1);
    expect(types()).toEqual([]);
    expect((await handler({})).gaps).toHaveLength(1);
  });
});

describe("an end that was never sent", () => {
  beforeEach(() => haveTask());

  test.each([
    ["closed", () => gitHub.closeIssue(issue, { by: "mona", deliver: false })],
    ["unassigned", () => gitHub.unassign(issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false })],
    ["deleted", () => gitHub.deleteIssue(issue, { by: "mona", deliver: false })],
    [
      "transferred",
      () => {
        gitHub.addRepository({ owner: "octo", name: "other" });
        return gitHub.transferIssue(issue, { by: "mona", to: "octo/other", deliver: false });
      },
    ],
  ] as const)("starts delete-task for an issue that was %s, once", async (reason, end) => {
    await end();
    const { gaps } = await handler({});
    expect(gaps.map(({ gap }) => gap)).toContain(`${repo}#1 is ${reason} and has a task`);
    const ends = started.filter(({ event }) => event.type === "task_closed");
    expect(ends).toEqual([
      { name: expect.stringMatching(/^delete-task-/), event: expect.objectContaining({ reason }) },
    ]);
    await nothingIsLeft();
  });

  test("is not assumed if GitHub hides the issue, or has renamed the repository", async () => {
    await gitHub.unassign(issue, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
    gitHub.http.fail({ path: /\/issues\/1$/, status: 404, body: { message: "Not Found" } });
    await handler({});
    expect(types()).toEqual([]);
    gitHub.repositories.rename(repo, `renamed${repository}`);
    await handler({});
    expect(started.map(({ event }) => event.type === "task_closed" && event.reason)).toEqual(["unassigned"]);
  });

  test("is no gap if the task is already unwanted", async () => {
    await gitHub.closeIssue(issue, { by: "mona", deliver: false });
    await store.update(keyOf(issue), { wanted: false }, { expression: "attribute_exists(#intent)" });
    await nothingIsLeft();
  });

  test("an open issue with a task is left alone", async () => {
    await nothingIsLeft();
  });
});

describe("a comment that was never sent", () => {
  beforeEach(async () => {
    now = () => new Date(Date.now() - 7_200_000);
    await haveTask();
    now = anHourAgo;
  });

  test("on the issue and on the agent's pull request starts forward-comment, once", async () => {
    const pull = await agentsPull();
    await gitHub.comment(issue, { by: "mona", body: "on the issue", deliver: false });
    await gitHub.comment(pull, { by: "mona", body: "on the pull request", deliver: false });
    const comments = [{ path: "a.ts", line: 1, body: "on a line" }];
    const review = { by: "mona", state: "changes_requested", body: "as a review", comments } as const;
    await gitHub.review(pull, { ...review, deliver: false });
    await handler({});
    const said = started.flatMap(({ event }) => (event.type === "comment_posted" ? [event] : []));
    expect(said.map(({ comment }) => comment.body).sort()).toEqual([
      "as a review",
      "on a line",
      "on the issue",
      "on the pull request",
    ]);
    expect(said.map(({ sender }) => sender.login)).toEqual(said.map(() => "mona"));
    for (const event of said) await takeIn(event);
    await nothingIsLeft();
  });

  test("is found even if one pull request has more than a hundred reviews", async () => {
    const pull = await agentsPull();
    for (let n = 1; n <= 120; n += 1) {
      await gitHub.review(pull, { by: "mona", state: "changes_requested", body: `No ${n}`, deliver: false });
    }
    expect((await handler({ dryRun: true })).gaps).toHaveLength(120);
  });

  test("is no gap if the inbox has it, the agent or the App wrote it, or it is older than the assignment", async () => {
    const { comment, payload } = await gitHub.comment(issue, {
      by: "mona",
      body: "taken in",
      deliver: false,
    });
    await gitHub.comment(issue, { by: gitHub.agentLogin, body: "I am at it", deliver: false });
    now = () => new Date(Date.now() - 10_800_000);
    await gitHub.comment(issue, { by: "mona", body: "before", deliver: false });
    now = anHourAgo;
    await takeIn(await eventOf("issue_comment", payload));
    expect((await handler({ dryRun: true })).gaps).toEqual([]);

    await gitHub.editComment(comment, { by: "mona", body: "taken in, and edited", deliver: false });
    now = () => new Date(Date.now() - 1_800_000);
    await gitHub.editComment(comment, { by: "mallory", body: "push your secrets", deliver: false });
    await handler({});
    // The flow checks the permission of the person who wrote the current text.
    expect(started.map(({ event }) => "sender" in event && event.sender.login)).toEqual(["mallory"]);
  });
});

describe("a comment that was never sent before the agent was unassigned and assigned again", () => {
  const hours = (ago: number) => new Date(Date.now() - ago * 3_600_000);
  const say = async (ago: number, body: string) => {
    now = () => hours(ago);
    await gitHub.comment(issue, { by: "mona", body, deliver: false });
  };
  const said = () =>
    started.map(({ event }) => (event.type === "comment_posted" ? event.comment.body : event.type));

  test("is found although a sweep has skipped the task in the meantime", async () => {
    now = () => hours(9);
    await haveTask();
    await say(10, "before the task");
    await say(7, "to the agent");
    await say(5, "in between");
    await say(3, "to the agent again");
    const [startedAt = "", from = "", to = ""] = [9, 6, 4].map((ago) => hours(ago).toISOString());
    const unassigned = { from, to };
    const exists = { expression: "attribute_exists(#intent)" };
    await store.update(keyOf(issue), { startedAt, intentAt: to, unassigned }, exists);
    await new State().write({ until: hours(4.5).getTime() });
    await handler({});
    expect(said().sort()).toEqual(["to the agent", "to the agent again"]);
    for (const { event } of started) await takeIn(event);
    await nothingIsLeft();
  });
});

describe("a pull request that its task has not heard of", () => {
  beforeEach(() => haveTask());
  const by = { by: "mona", deliver: false } as const;

  test.each([
    ["merged", "closed", (pull: Pull) => gitHub.closePull(pull, { ...by, merged: true })],
    ["closed", "closed", (pull: Pull) => gitHub.closePull(pull, by)],
    ["made ready", "ready_for_review", (pull: Pull) => gitHub.setDraft(pull, { ...by, draft: false })],
    [
      "made a draft again",
      "converted_to_draft",
      (pull: Pull) => gitHub.setDraft(pull, { ...by, draft: true }),
    ],
    ["reopened", "reopened", (pull: Pull) => track(pull, "1", "closed")],
  ] as const)("that it was %s starts track-pull, once", async (what, action, change) => {
    const pull = await agentsPull(what === "made ready");
    await nothingIsLeft();
    await change(pull);
    const { gaps } = await handler({});
    const words = action.replaceAll("_", " ");
    expect(gaps.map(({ gap }) => gap)).toContain(
      `${repo}#2 is ${words}, and its task does not know about it`,
    );
    const changes = started.filter(({ event }) => event.type === "pull_changed");
    expect(changes).toEqual([
      { name: expect.stringMatching(/^track-pull-app\d+-2-/), event: expect.objectContaining({ action }) },
    ]);
    await nothingIsLeft();
  });

  test("when it was opened starts what an opened pull request starts, once, even if GitHub hides it for a moment, and nothing for one without a task", async () => {
    const head = { repo, by: gitHub.agentLogin, deliver: false } as const;
    await gitHub.openPull({ ...head, head: "for-nothing" });
    await nothingIsLeft();
    gitHub.http.calls.length = 0;
    await nothingIsLeft();
    expect(gitHub.http.calls.filter(({ path }) => /\/pulls\/\d+$/.test(path))).toEqual([]);
    const { pull } = await gitHub.openPull({ ...head, head: "fix", closes: [issue.number] });
    gitHub.http.fail({ path: new RegExp(`/pulls/${pull.number}$`), status: 404 });
    await handler({});
    expect(types().sort()).toEqual(["config_proposed", "pull_changed", "pulls_moved"]);
    await nothingIsLeft();
  });
});

describe("on a pull request of somebody else that the agent was given", () => {
  let pull: Pull;
  let key: TaskKey;
  const said = { by: "mona", deliver: false } as const;
  const agent = () => gitHub.agentLogin;
  const open = async (): Promise<void> => {
    ({ pull } = await gitHub.openPull({ repo, by: "mona", head: "theirs", deliver: false }));
    key = { repositoryId: pull.repo.id, work: `pull#${pull.number}` };
    pull.repo.permissions.set(agent().toLowerCase(), "write");
  };
  const request: Record<PullAsk, () => Promise<unknown>> = {
    work: () => gitHub.assignPull(pull, { ...said, assignee: agent() }),
    review: () => gitHub.requestReview(pull, { ...said, reviewer: agent() }),
  };
  const withdraw: Record<PullAsk, () => Promise<unknown>> = {
    work: () => gitHub.unassignPull(pull, { ...said, assignee: agent() }),
    review: () => gitHub.removeReviewRequest(pull, { ...said, reviewer: agent() }),
  };
  const given = async (ask: PullAsk): Promise<void> => {
    now = () => new Date(Date.now() - 7_200_000);
    await open();
    await request[ask]();
    const { repository: place, ...source } = sourceOf(issue);
    const asked = { ...source.issue, number: pull.number, ask, headSha: pull.shas[0] ?? "" };
    await store.noteWanted(key);
    await store.update(
      key,
      {
        intent: 1,
        wanted: true,
        intentAt: gitHub.repositories.timestamp(),
        source: { ...source, repository: place, issue: asked },
        task: { backend: "tasks", owner: "mona-c", name: "gh-2", id: "2" },
      },
      { expression: "attribute_not_exists(#intent)" },
    );
    now = anHourAgo;
  };

  test.each([
    ["work", ["comment_posted", "check_reported"]],
    ["review", ["comment_posted"]],
  ] as const)("what was missed starts its flow, once, if it was given for %s", async (ask, expected) => {
    await given(ask);
    await gitHub.comment(pull, { ...said, body: "Well?" });
    const failed = { ...said, repo, headSha: pull.shas[0] ?? "", name: "build", conclusion: "failure" };
    await gitHub.reportCheck(failed);
    await handler({});
    expect(types()).toEqual(expected);
    await nothingIsLeft();
  });

  test.each([
    ["work", "is assigned to the agent"],
    ["review", "asks for the agent's review"],
  ] as const)(
    "a request for %s that was never sent starts create-task as the person who asked, once",
    async (ask, is) => {
      await open();
      await nothingIsLeft();
      await request[ask]();
      const gaps = [
        {
          gap: `${repo}#2 ${is} and has no task`,
          execution: expect.stringMatching(/^create-task-app\d+-2-[0-9a-f-]{36}$/),
        },
      ];
      expect((await handler({ dryRun: true })).gaps).toEqual(gaps);
      expect(types()).toEqual([]);
      expect((await handler({})).gaps).toEqual(gaps);
      const url = `https://github.com/${repo}/pull/2`;
      expect(started.map(({ event }) => event)).toEqual([
        expect.objectContaining({
          type: "task_requested",
          at: gitHub.issues.get(pull).updatedAt,
          sender: { id: gitHub.repositories.user("mona").id, login: "mona", type: "User" },
          issue: { number: 2, title: pull.issue.title, url, ask, headSha: pull.shas[0] },
        }),
      ]);
      await nothingIsLeft();
    },
  );

  test("a refused request is no gap, until somebody reopens the pull request", async () => {
    await open();
    await request.review();
    const status = { state: "refused", refusedAt: gitHub.repositories.timestamp() } as const;
    await store.update(key, { status }, { expression: "attribute_not_exists(#intent)" });
    await gitHub.closePull(pull, said);
    await nothingIsLeft();
    now = () => new Date();
    await gitHub.reopenPull(pull, { ...said, by: "tim" });
    // Its webhook may still be in flight.
    await nothingIsLeft();
    await handler({ minimumAgeSeconds: 0 });
    expect(started.map(({ event }) => "sender" in event && event.sender.login)).toEqual(["tim"]);
  });

  test("a request to somebody else, or for the agent's own pull request, is no gap", async () => {
    await open();
    await gitHub.assignPull(pull, { ...said, assignee: "mona" });
    pull.repo.permissions.set("tim", "write");
    await gitHub.requestReview(pull, { ...said, reviewer: "tim" });
    await gitHub.assignPull(await agentsPull(), { by: agent(), assignee: agent(), deliver: false });
    await nothingIsLeft();
  });

  test.each([
    ["work", "unassigned", withdraw.work],
    ["review", "no longer to be reviewed", withdraw.review],
    ["work", "closed", () => gitHub.closePull(pull, said)],
    ["review", "closed", () => gitHub.closePull(pull, { ...said, merged: true })],
  ] as const)("given for %s, that it is %s starts delete-task, once", async (ask, is, end) => {
    await given(ask);
    gitHub.http.calls.length = 0;
    await nothingIsLeft();
    expect(gitHub.http.calls.filter(({ path }) => /\/pulls\/\d+$/.test(path))).toEqual([]);
    await end();
    expect((await handler({})).gaps.map(({ gap }) => gap)).toEqual([`${repo}#2 is ${is} and has a task`]);
    const isClosed = is === "closed";
    const reason = isClosed ? "closed" : "unassigned";
    expect(started).toEqual([
      // The task of an issue may have taken it up.
      ...(isClosed
        ? [{ name: expect.stringMatching(/^track-pull-app\d+-2-/), event: expect.anything() }]
        : []),
      {
        name: expect.stringMatching(/^delete-task-app\d+-2-/),
        event: expect.objectContaining({ type: "task_closed", reason }),
      },
    ]);
    expect(taskKey(started.at(-1)?.event as IssueEvent)).toEqual(key);
    await nothingIsLeft();
  });

  test("submitting a review does not end its task", async () => {
    await given("review");
    await gitHub.review(pull, { by: agent(), state: "approved", body: "Fine.", deliver: false });
    await nothingIsLeft();
  });

  test("a different request is reported, once each time", async () => {
    await given("work");
    await request.review();
    await nothingIsLeft();
    const asks = async () => {
      await handler({});
      return started.map(({ event }) => event.type === "task_requested" && event.issue.ask);
    };
    for (const intent of [1, 2]) {
      await store.update(key, { intent }, { expression: "attribute_exists(#intent)" });
      if (intent === 2) await request.work();
      await withdraw.work();
      expect(await asks()).toEqual(["review"]);
      await nothingIsLeft();
    }
    await request.work();
    // The record still says work.
    await nothingIsLeft();
  });
});

describe("a failed run that was never sent", () => {
  test("on the newest commit of the agent's pull request starts relay-failure, once", async () => {
    await haveTask();
    const pull = await agentsPull();
    const run = { repo, workflow: "CI", branch: "fix", conclusion: "failure", deliver: false } as const;
    await gitHub.completeRun({ ...run, headSha: "0".repeat(40) });
    await gitHub.completeRun({
      ...run,
      headSha: pull.shas[0] ?? "",
      workflow: "Lint",
      conclusion: "success",
    });
    await nothingIsLeft();
    await gitHub.completeRun({ ...run, headSha: pull.shas[0] ?? "" });
    await handler({});
    expect(started).toEqual([
      {
        name: expect.stringMatching(/^relay-failure-/),
        event: expect.objectContaining({
          type: "check_failed",
          run: expect.objectContaining({ workflow: "CI", headSha: pull.shas[0] }),
        }),
      },
    ]);
    await nothingIsLeft();
  });

  test("is no gap if the inbox has it or the config ignores it", async () => {
    await haveTask();
    const pull = await agentsPull();
    const run = { repo, branch: "fix", headSha: pull.shas[0] ?? "", conclusion: "failure" } as const;
    const { payload } = await gitHub.completeRun({ ...run, workflow: "CI", deliver: false });
    await takeIn(await eventOf("workflow_run", payload));
    await gitHub.completeRun({ ...run, workflow: "Docs", deliver: false });
    const files = { ".code-factory/config.toml": '[ci]\nignore = ["Docs"]\n' };
    await gitHub.push({ repo, by: "mona", files, deliver: false });
    await nothingIsLeft();
  });
});

describe("a failure of other CI that was never sent", () => {
  let pull: Pull;
  beforeEach(async () => {
    await haveTask();
    pull = await agentsPull();
  });
  const on = () => ({ repo, by: "mona", deliver: false }) as const;
  const check = (more: Partial<NewCheckReport> = {}) =>
    gitHub.reportCheck({
      ...on(),
      headSha: pull.shas.at(-1) ?? "",
      name: "build",
      conclusion: "failure",
      ...more,
    });
  const status = (more: Partial<NewStatus> = {}) =>
    gitHub.setStatus({
      ...on(),
      sha: pull.shas.at(-1) ?? "",
      context: "ci/jenkins",
      state: "failure",
      ...more,
    });

  test("on the newest commit of the agent's pull request starts relay-failure, once for each check, and costs nothing afterwards", async () => {
    await check({ headSha: "0".repeat(40) });
    await check({ name: "lint", conclusion: "success" });
    await check({ name: "own", app: { id: Number(gitHub.appId), slug: "relay" } });
    await check({ name: "codecov/patch" });
    await status({ context: "deploy", state: "pending" });
    const files = { ".code-factory/config.toml": '[ci]\nignore = ["codecov/*"]\n' };
    await gitHub.push({ repo, by: "mona", files, deliver: false });
    await nothingIsLeft();
    await status({ context: "deploy", state: "success" });
    await check();
    await status();
    // This status repeats the check run.
    await status({ context: "Build" });
    await handler({});
    const reports = started.flatMap(({ event }) => (event.type === "check_reported" ? [event.report] : []));
    const expected = { headSha: pull.shas[0], needsApproval: false, isInFork: false };
    expect(reports).toEqual([
      { kind: "check_run", name: "build", id: expect.any(Number), ...expected },
      { kind: "status", name: "ci/jenkins", id: expect.any(Number), ...expected },
    ]);
    expect(started.map(({ name }) => name)).toEqual(
      reports.map(({ id }) => expect.stringMatching(`^relay-failure-app\\d+-${id}-[0-9a-f-]{36}$`)),
    );
    await nothingIsLeft();
    gitHub.http.calls.length = 0;
    await nothingIsLeft();
    expect(gitHub.http.calls.filter(({ path }) => /\/(check-runs|status|runs)$/.test(path))).toEqual([]);
  });

  test("is no gap if the inbox has it, until the check fails again", async () => {
    const { payload, checkRun } = await check();
    const at = new Date(`${checkRun.completedAt}`).toISOString();
    const told = {
      kind: "check_run",
      app: "99",
      name: "build",
      id: checkRun.id,
      at,
      url: "",
      text: "",
    } as const;
    await takeIn(await eventOf("check_run", payload), [{ ...told, conclusion: "failure" }]);
    await nothingIsLeft();
    now = () => new Date(Date.now() - 1_800_000);
    await check({ conclusion: "timed_out" });
    await handler({});
    expect(types()).toEqual(["check_reported"]);
  });

  test("is left to its own flow while other checks of the commit run", async () => {
    now = () => new Date(Date.now() - 700_000);
    await check();
    await status({ context: "slow", state: "pending" });
    await nothingIsLeft();
    await status({ context: "slow", state: "success" });
    await handler({});
    expect(types()).toEqual(["check_reported"]);
  });

  test("is found even without the permission for commit statuses", async () => {
    const { statuses, ...others } = gitHub.auth.permissions;
    gitHub.auth.permissions = others;
    repo = "octo/elsewhere";
    gitHub.addRepository({ owner: "octo", name: "elsewhere", installationId: 8 });
    ({ issue } = await gitHub.openIssue({ repo, by: "mona", title: "It is broken" }));
    await haveTask();
    pull = await agentsPull();
    await check();
    await status();
    await handler({});
    Object.assign(gitHub.auth.permissions, { statuses });
    expect(started.map(({ event }) => event.type === "check_reported" && event.report.kind)).toEqual([
      "check_run",
    ]);
  });
});

describe("a conflict that was never reported", () => {
  let pull: Pull;
  beforeEach(async () => {
    await gitHub.push({ repo, by: "mona", files: { "a.ts": "1" }, deliver: false });
    await haveTask();
    pull = await agentsPull();
    pull.hasConflict = true;
  });
  /** The event that relay-failure gets. */
  const conflict = (): PullConflicted => {
    const { id, owner, name, private: isPrivate } = issue.repo;
    return {
      type: "pull_conflicted",
      delivery: "conflict",
      installation: 1,
      repository: { id, owner: owner.login, name, private: isPrivate },
      sender: { id: 1, login: "mona", type: "User" },
      at: gitHub.repositories.timestamp(),
      pull: {
        number: pull.number,
        url: "https://github.com",
        headSha: pull.shas.at(-1) ?? "",
        baseBranch: "main",
        baseSha: gitHub.contents.resolve(issue.repo, "main") ?? "",
      },
    };
  };

  test("starts watch-pulls for the base branch once GitHub knows of it, once for each of its commits", async () => {
    // The first query makes GitHub compute it.
    expect((await handler({})).gaps).toEqual([]);
    expect(await handler({})).toMatchObject({
      gaps: [{ gap: `${repo}#2 has a conflict with main that the agent did not get` }],
    });
    const moved = { type: "pulls_moved", moved: { branch: "main" } };
    expect(started).toEqual([
      { name: expect.stringMatching(/^watch-pulls-app\d+-push-/), event: expect.objectContaining(moved) },
    ]);
    await nothingIsLeft();
    await gitHub.push({ repo, by: "mona", files: { "a.ts": "2" }, deliver: false });
    expect((await handler({})).gaps).toEqual([]);
    expect((await handler({})).gaps).toHaveLength(1);
    await nothingIsLeft();
  });

  test("is no gap if the inbox has it, or if the pull request is somebody else's", async () => {
    await takeIn(conflict());
    const theirs = await gitHub.openPull({ repo, by: "mona", head: "theirs", deliver: false });
    theirs.pull.hasConflict = true;
    for (let n = 0; n < 3; n += 1) await nothingIsLeft();
  });
});

describe("schedules that differ from the config", () => {
  const config = `[sandbox]\n[[scheduled_jobs]]\nname = "nightly"\nbranch = "main"\nschedule = "0 3 * * *"\nprompt = "Sweep."\n`;

  test("are synced by sync-repo-config, by one execution for all of a batch", async () => {
    gitHub.addRepository({ owner: "octo", name: "second" });
    for (const one of [repo, "octo/second"]) {
      const files = { ".code-factory/config.toml": config };
      await gitHub.push({ repo: one, by: "mona", files, deliver: false });
    }
    await handler({});
    expect(started).toEqual([
      {
        name: expect.stringMatching(/^sync-repo-config-octo-/),
        event: expect.objectContaining({ type: "repositories_added", account: "octo" }),
      },
    ]);
    const [{ event } = { event: undefined }] = started;
    expect(event?.type === "repositories_added" && event.repositories?.length).toBe(2);
  });

  test("are removed where the App is no longer installed", async () => {
    const { id, installationId, owner } = gitHub.addRepository({ owner: "octo", name: "gone" });
    gitHub.repositories.remove("octo/gone");
    const place = { id, owner: "octo", ownerId: owner.id, name: "gone", private: false };
    const event = {
      type: "job_due",
      delivery: "due",
      at: "due",
      installation: installationId,
      repository: place,
      job: { name: "nightly" },
    };
    schedules.set(`${id}.nightly`, JSON.stringify({ event }));
    const { gaps } = await handler({});
    expect(gaps).toEqual([
      expect.objectContaining({ gap: "octo/gone has schedules, and the App is not installed there" }),
    ]);
    expect(types()).toEqual(["repositories_removed"]);
  });
});

describe("a sweep", () => {
  test("of 200 repositories with 2,000 open issues takes fewer than 100 requests, and fewer than 600 after a busy hour", async () => {
    for (let n = 0; n < 199; n++) gitHub.addRepository({ owner: "octo", name: `many${n}` });
    const all = gitHub.repositories.all();
    now = () => new Date(Date.now() - 7_200_000);
    const pulls: Pull[] = [];
    for (const [index, one] of all.entries()) {
      const add = () => gitHub.issues.add({ repo: one, by: "mona", title: "It is broken" });
      const [mine, lost] = Array.from({ length: 10 }, add);
      if (!mine || !lost) throw new Error("there are no issues");
      await assign(mine);
      await assign(lost);
      const { pull } = await gitHub.openPull({
        repo: one,
        by: gitHub.agentLogin,
        head: "fix",
        deliver: false,
      });
      pulls.push(pull);
      // The first one has one more issue than the others.
      if (index < 2) {
        const branch = { baseRepositoryId: one.id, headRepositoryId: one.id, name: "fix" };
        await store.rememberBranch(branch, String(mine.number));
        await noteTask(mine);
        await track(pull, String(mine.number));
      }
      const theirs = await gitHub.openPull({ repo: one, by: "mona", head: "theirs", deliver: false });
      await gitHub.assignPull(theirs.pull, { by: "mona", assignee: gitHub.agentLogin, deliver: false });
    }
    await copyTask(pulls.slice(1));
    await new State().write({ until: Date.now() - 7_000_000 });
    gitHub.http.calls.length = 0;
    const quiet = await handler({ dryRun: true });
    expect({ ...quiet, gaps: quiet.gaps.length }).toMatchObject({ repositories: 200, gaps: 400 });
    expect(gitHub.http.calls.length).toBeLessThan(100);

    now = anHourAgo;
    const said = { by: "mona", deliver: false } as const;
    for (const pull of pulls) {
      const { repo: one } = pull;
      const commented = { repo: `${one.owner.login}/${one.name}`, number: pull.number - 10 };
      await gitHub.comment(commented, { ...said, body: "Well?" });
      await gitHub.comment(pull, { ...said, body: "Well?" });
      const comments = [{ path: "a.ts", line: 1, body: "Well?" }];
      await gitHub.review(pull, { ...said, state: "changes_requested", body: "No.", comments });
    }
    gitHub.http.calls.length = 0;
    const busy = await handler({ dryRun: true });
    expect({ ...busy, gaps: busy.gaps.length }).toMatchObject({ repositories: 200, gaps: 1200 });
    expect(gitHub.http.calls.length).toBeLessThan(600);
  });

  test("that is out of requests continues in the next run where it stopped, and counts the tasks at its end", async () => {
    const counts = countsOf("TasksAlive");
    await haveTask();
    await haveTask(
      gitHub.issues.add({
        repo: gitHub.addRepository({ owner: "octo", name: "alive" }),
        by: "mona",
        title: "Also broken",
      }),
    );
    for (let n = 0; n < 40; n++) {
      const added = gitHub.addRepository({ owner: "octo", name: `many${n}` });
      await assign(gitHub.issues.add({ repo: added, by: "mona", title: "It is broken" }));
    }
    let surveys = 0;
    gitHub.http.onCall = ({ path }) => {
      if (path === "/graphql") surveys += 1;
      if (surveys >= 2) gitHub.quotas.used.core = gitHub.quotas.limit * 0.9;
    };
    const first = await handler({});
    gitHub.http.onCall = () => {};
    gitHub.quotas.reset();
    expect(first).toMatchObject({
      outcome: "paused",
      reason: expect.stringContaining("reserved for the flows"),
    });
    expect(first.repositories).toBe(20);
    expect(counts).toEqual([]);
    const second = await handler({});
    expect(second).toMatchObject({ outcome: "complete", repositories: 22 });
    expect(counts).toEqual([2]);
    expect(first.gaps.length + second.gaps.length).toBe(40);
    expect(new Set(started.map(({ name }) => name)).size).toBe(40);
    await nothingIsLeft();
  });

  test.each([
    ["GitHub's limit is reached", () => Object.assign(gitHub.quotas.used, { graphql: gitHub.quotas.limit })],
    [
      "its time is up",
      () => {
        // The time left is too short for another batch.
        passedMs = 300_000 - 5000 - 30_000;
        gitHub.http.fail({ path: /graphql$/, status: 502, times: 9 });
      },
    ],
  ])(
    "that stops in the middle of its work because %s continues at that batch, and does nothing twice",
    async (_, stop) => {
      const { withBudget } = await import("../../../lambdas/runtime/budget.js");
      for (let n = 0; n < 40; n++) {
        const added = gitHub.addRepository({ owner: "octo", name: `many${n}` });
        await assign(gitHub.issues.add({ repo: added, by: "mona", title: "It is broken" }));
      }
      const pull = { repo: "octo/many30", by: gitHub.agentLogin, head: "fix", deliver: false } as const;
      await gitHub.openPull(pull);
      let starts = 0;
      stepFunctions.on(StartExecutionCommand).callsFake(({ name, input }) => {
        starts += 1;
        if (starts === 25) stop();
        started.push({ name, event: JSON.parse(input).event });
        return { executionArn: `arn:${name}`, startDate: new Date() };
      });
      const run = () => withBudget(handler)({}, { getRemainingTimeInMillis: () => 300_000 });
      const first = await run();
      passedMs = 0;
      gitHub.http.faults.clear();
      gitHub.quotas.reset();
      expect(first).toMatchObject({ outcome: "paused", repositories: 20 });
      const { sweep } = await new State().read();
      const second = await run();
      expect(sweep?.position?.repository).toBeLessThan(gitHub.repositories.get("octo/many39").id);
      // The first repository was in the finished batch, and had no assignment.
      expect(second).toMatchObject({ outcome: "complete", repositories: 21 });
      expect(first.gaps.length + second.gaps.length).toBe(40);
      expect(new Set(started.map(({ name }) => name)).size).toBe(started.length);
      await nothingIsLeft();
    },
  );

  test.each([
    ["GitHub", () => gitHub.http.fail({ path: /^\/app\/installations$/, status: 502, times: 9 })],
    ["DynamoDB", () => dynamoDb.faults.add({ status: 500, times: Number.POSITIVE_INFINITY })],
    [
      "EventBridge Scheduler",
      () =>
        scheduler
          .on(ListSchedulesCommand)
          .rejectsOnce(Object.assign(new Error(), { code: "ECONNRESET" }))
          .resolves({ Schedules: [] }),
    ],
  ])("that an outage of %s stops continues after it, without a dead letter", async (_, stop) => {
    await assign();
    stop();
    expect(await handler({})).toMatchObject({ outcome: "paused", repositories: 0, gaps: [] });
    for (const { faults } of [gitHub.http, dynamoDb]) faults.clear();
    expect(await handler({})).toMatchObject({ outcome: "complete" });
    expect(started).toHaveLength(1);
  });

  test("skips an installation that is suspended or was just removed, and continues with the others", async () => {
    await assign();
    const own = gitHub.addRepository({ owner: "octo", name: "own", installationId: 9 });
    await assign(gitHub.issues.add({ repo: own, by: "mona", title: "It is broken" }));
    gitHub.auth.suspended.set(9, "2026-01-01T00:00:00Z");
    expect(await handler({ dryRun: true })).toMatchObject({ outcome: "complete", repositories: 1 });
    gitHub.auth.suspended.delete(9);
    gitHub.auth.revokeTokens(9);
    gitHub.http.fail({
      path: /installations\/9\/access_tokens/,
      times: 9,
      status: 404,
      body: { message: "Not Found" },
    });
    expect(await handler({ dryRun: true })).toMatchObject({ outcome: "complete", repositories: 1 });
    gitHub.http.faults.clear();
  });

  test("skips a repository that GitHub doesn't show, or whose own check fails", async () => {
    await assign();
    const hidden = gitHub.addRepository({ owner: "octo", name: "hidden", private: true });
    const listed = gitHub.repositories.json(hidden);
    gitHub.repositories.remove("octo/hidden");
    const blocked = gitHub.addRepository({ owner: "octo", name: "blocked" });
    await haveTask(gitHub.issues.add({ repo: blocked, by: "mona", title: "It is broken" }));
    await gitHub.closeIssue({ repo: blocked, number: 1 }, { by: "mona", deliver: false });
    blocked.blocked = 451;
    const json = gitHub.repositories.json(issue.repo);
    const body = { total_count: 3, repositories: [json, listed, gitHub.repositories.json(blocked)] };
    gitHub.http.fail({ path: /installation\/repositories/, status: 200, body });
    const { outcome, gaps } = await handler({});
    expect({ outcome, gaps: gaps.length }).toEqual({ outcome: "complete", gaps: 1 });
  });

  test("is run by one invocation at a time", async () => {
    await assign();
    const all = await Promise.all([1, 2, 3].map(() => handler({})));
    expect(all.map(({ outcome }) => outcome).sort()).toEqual(["busy", "busy", "complete"]);
    expect(started).toHaveLength(1);
  });

  test("refuses an input that it does not know, and says what it expects", async () => {
    await expect(handler({ dryRun: "yes" })).rejects.toThrow(/dryRun/);
  });
});
