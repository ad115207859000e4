import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import type { RedeliveryRun, redeliverLost } from "../../../lambdas/healing/redelivery.js";
import type { LocalDynamoDb } from "../../../local/aws/dynamodb/dynamodb.js";
import { SecretsManager } from "../../../local/aws/secrets-manager/secrets-manager.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import { HttpServer } from "../../../local/http/http-server.js";
import { metricsIn } from "../../../local/lambda-host/metrics.js";
import { emptyTable } from "../../table-writes.js";
import { startTable } from "../table.js";

const minuteMs = 60_000;
const TableName = "deliveries";
const always = { times: Number.POSITIVE_INFINITY };

const realNow = Date.now;
let passedMs = 0;
let dynamoDb: LocalDynamoDb;
let client: DynamoDBClient;
const secrets = new SecretsManager();
const gitHub = new FakeGitHub();
const receiver = new HttpServer();
/** The sums of a test's metrics. */
let counts: Record<string, number>;
let url: string;
let redeliver: typeof redeliverLost;

beforeAll(async () => {
  Date.now = () => realNow() + passedMs;
  dynamoDb = await startTable(TableName);
  client = new DynamoDBClient({});
  secrets.put("app", JSON.stringify({ appId: gitHub.appId, privateKey: gitHub.privateKey }));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: await secrets.listen(),
    GITHUB_APP_SECRET_ARN: "app",
    GITHUB_API_URL: await gitHub.listen(),
    // In its development mode, Powertools writes metrics to the console.
    POWERTOOLS_DEV: "true",
    POWERTOOLS_METRICS_DISABLED: "false",
    POWERTOOLS_METRICS_NAMESPACE: "test",
    POWERTOOLS_LOG_LEVEL: "SILENT",
  });
  receiver.route("POST", "/hooks", () => ({ status: 202, body: {} }));
  url = `${await receiver.listen()}/hooks`;
  jest.spyOn(console, "log").mockImplementation((line) => {
    for (const { name, value } of metricsIn(line)) counts[name] = (counts[name] ?? 0) + value;
  });
  ({ redeliverLost: redeliver } = await import("../../../lambdas/healing/redelivery.js"));
});
beforeEach(async () => {
  // GitHub forgets the deliveries of the last test.
  pass(5 * 24 * 60);
  await emptyTable(client, TableName);
  gitHub.webhookUrl = url;
  gitHub.http.faults.clear();
  receiver.faults.clear();
  counts = {};
  receiver.calls.length = 0;
  gitHub.http.calls.length = 0;
});
afterAll(async () => {
  Date.now = realNow;
  client.destroy();
  await Promise.all([gitHub.close(), receiver.close(), secrets.close(), dynamoDb.close()]);
});

function pass(minutes: number): void {
  passedMs += minutes * minuteMs;
}

/** Runs the Lambda. GitHub's list shows the outcomes after some polls. */
const run = (): Promise<RedeliveryRun> => redeliver({ looks: Array.from({ length: 50 }, () => 1) });

const runEvery5MinutesFor = async (minutes: number): Promise<RedeliveryRun[]> => {
  const runs: RedeliveryRun[] = [];
  for (let gone = 0; gone < minutes; gone += 5) {
    pass(5);
    runs.push(await run());
  }
  return runs;
};

/** A comment on an issue of a repository. */
const comment = (n: number, issue = 1, repository = 1) =>
  gitHub.deliver("issue_comment", {
    action: "created",
    installation: { id: 7 },
    repository: { id: repository },
    issue: { number: issue },
    comment: { id: n },
  });

/** A delivery that the relay does not handle. */
const opened = () =>
  gitHub.deliver("issues", { action: "opened", installation: { id: 7 }, repository: { id: 1 } });

/** The deliveries that the receiver accepted, by the comment's id. */
function accepted(): { comment: number; issue: number }[] {
  return receiver.calls
    .filter(({ status }) => status === 202)
    .map(({ body }) => body as { comment?: { id: number }; issue: { number: number } })
    .flatMap(({ comment, issue }) => (comment ? [{ comment: comment.id, issue: issue.number }] : []));
}
const acceptedComments = () => accepted().map(({ comment }) => comment);

const redeliveries = () => gitHub.http.calls.filter(({ method }) => method === "POST");
const timesSent = (guid: string) =>
  receiver.calls.filter(({ headers }) => headers["x-github-delivery"] === guid).length;

test("the App signs one token for the requests of five minutes", async () => {
  const tokens = () => new Set(gitHub.http.calls.map(({ headers }) => headers.authorization)).size;
  await run();
  pass(4);
  await run();
  expect(tokens()).toBe(1);
  pass(2);
  await run();
  expect(tokens()).toBe(2);
});

test("500 events that a receiver missed in two hours all arrive afterwards, each once, and in order for each issue", async () => {
  await comment(0);
  receiver.fail({ ...always, status: 503 });
  for (let n = 1; n <= 500; n += 1) {
    await comment(n, n % 20, n % 3);
    pass(120 / 500);
    if (n % 42 === 0) expect(await run()).toMatchObject({ outcome: "waiting", redelivered: 0, givenUp: 0 });
  }
  // Each run makes one probe, which uses up no attempt of a lost delivery.
  expect(redeliveries()).toHaveLength(11);
  receiver.faults.clear();
  pass(5);
  expect(await run()).toEqual({ outcome: "done", redelivered: 500, givenUp: 0 });
  const all = accepted().filter(({ comment }) => comment > 0);
  expect(new Set(all.map(({ comment }) => comment)).size).toBe(500);
  expect(all).toHaveLength(500);
  for (let issue = 0; issue < 20; issue += 1) {
    const ofIssue = all.filter((one) => one.issue === issue).map(({ comment }) => comment);
    expect(ofIssue).toEqual([...ofIssue].sort((a, b) => a - b));
  }
  pass(5);
  expect(await run()).toEqual({ outcome: "done", redelivered: 0, givenUp: 0 });
});

test("a single delivery survives an outage of hours, even if GitHub has sent nothing else", async () => {
  gitHub.webhookUrl = "http://127.0.0.1:1/hooks";
  const lost = await comment(1);
  await runEvery5MinutesFor(180);
  gitHub.webhookUrl = url;
  await runEvery5MinutesFor(180);
  expect(acceptedComments()).toEqual([1]);
  expect(timesSent(lost.guid)).toBe(1);
});

test("a delivery that always fails is given up after five redeliveries with growing gaps, and never tried again", async () => {
  receiver.fail({ ...always, status: 500 });
  const { guid } = await comment(1);
  receiver.faults.clear();
  receiver.before = ({ headers }) =>
    headers["x-github-delivery"] === guid ? { status: 500, body: {} } : undefined;
  const at: number[] = [];
  for (let minute = 0; minute < 10 * 60; minute += 5) {
    const before = timesSent(guid);
    pass(5);
    await opened();
    await run();
    if (timesSent(guid) > before) at.push(minute);
  }
  receiver.before = () => undefined;
  expect(at).toEqual([0, 5, 20, 80, 320]);
  expect(counts).toEqual({ LostDeliveries: 1, DeliveriesGivenUp: 1 });
  // It is still in GitHub's list, but its mark keeps it from being found again.
  expect(await runEvery5MinutesFor(30)).toEqual(
    Array.from({ length: 6 }, () => ({ outcome: "done", redelivered: 0, givenUp: 0 })),
  );
});

test("a refused delivery does not hold up others", async () => {
  receiver.fail({ times: 1, status: 400 });
  const refused = await comment(1);
  receiver.fail({ times: 1, status: 503 });
  await comment(2);
  await opened();
  receiver.before = ({ headers }) =>
    headers["x-github-delivery"] === refused.guid ? { status: 400, body: {} } : undefined;
  expect(await run()).toEqual({ outcome: "done", redelivered: 1, givenUp: 0 });
  receiver.before = () => undefined;
  expect(acceptedComments()).toEqual([2]);
});

test("deliveries that the ingress would skip, that were finally accepted or that belong to no installation are left alone", async () => {
  receiver.fail({ times: 4, status: 503 });
  await opened();
  await gitHub.deliver("star", { action: "created", installation: { id: 7 } });
  await gitHub.deliver("issue_comment", { action: "created", comment: { id: 8 } });
  const { guid } = await comment(1);
  await gitHub.redeliver(guid);
  expect(await run()).toEqual({ outcome: "done", redelivered: 0, givenUp: 0 });
  expect(redeliveries()).toEqual([]);
});

test("nothing is lost or doubled by overlapping pages, or by deliveries that arrive while pages are read", async () => {
  gitHub.hooks.pagesOverlap = 3;
  receiver.fail({ ...always, status: 503 });
  for (let n = 1; n <= 250; n += 1) await comment(n);
  receiver.faults.clear();
  // Between the first page and the second.
  let pages = 0;
  gitHub.http.onCall = ({ method, path }) => {
    if (method === "GET" && path === "/app/hook/deliveries" && ++pages === 1) void comment(251);
  };
  await opened();
  expect(await run()).toMatchObject({ outcome: "done", redelivered: 250 });
  gitHub.hooks.pagesOverlap = 0;
  gitHub.http.onCall = () => {};
  await gitHub.settled();
  const comments = acceptedComments();
  expect(comments).toHaveLength(251);
  expect(new Set(comments).size).toBe(251);
});

test("with a cursor that is older than three days, the deliveries that GitHub still has are read", async () => {
  await comment(1);
  await run();
  pass(10 * 24 * 60);
  receiver.fail({ times: 1, status: 503 });
  await comment(2);
  await opened();
  expect(await run()).toMatchObject({ outcome: "done", redelivered: 1 });
  expect(acceptedComments()).toEqual([1, 2]);
});

test("a delivery that GitHub has forgotten is given up", async () => {
  receiver.fail({ ...always, status: 503 });
  await comment(1);
  await run();
  receiver.faults.clear();
  pass(4 * 24 * 60);
  expect(await run()).toEqual({ outcome: "done", redelivered: 0, givenUp: 1 });
  expect(counts).toMatchObject({ LostDeliveries: 1, DeliveriesGivenUp: 1 });
});

test("of two runs at once, only one works", async () => {
  receiver.fail({ times: 1, status: 503 });
  await comment(1);
  await opened();
  let other: RedeliveryRun | undefined;
  gitHub.http.fail({
    path: /deliveries$/,
    hold: async () => {
      other = await run();
    },
  });
  expect(await run()).toEqual({ outcome: "done", redelivered: 1, givenUp: 0 });
  expect(other).toEqual({ outcome: "busy", redelivered: 0, givenUp: 0 });
  expect(acceptedComments()).toEqual([1]);
});

test.each([
  ["GitHub fails", { status: 502 }],
  ["GitHub limits the rate", { status: 429, headers: { "retry-after": "3600" } }],
])("if %s, the next run does the work", async (_, fault) => {
  receiver.fail({ times: 1, status: 503 });
  await comment(1);
  await opened();
  gitHub.http.fail({ ...fault, times: 3 });
  expect(await run()).toMatchObject({ outcome: "unfinished" });
  gitHub.http.faults.clear();
  expect(await run()).toMatchObject({ outcome: "done", redelivered: 1 });
});

test("a refusal of the App's credentials fails the run", async () => {
  gitHub.http.fail({ ...always, status: 401, body: { message: "Bad credentials" } });
  await expect(run()).rejects.toMatchObject({ name: "GitHubUnauthorizedError" });
});

test("a run ends before its time is up, and the next one continues", async () => {
  const { withBudget } = await import("../../../lambdas/runtime/budget.js");
  receiver.fail({ ...always, status: 503 });
  for (let n = 1; n <= 3; n += 1) await comment(n);
  receiver.faults.clear();
  await opened();
  const short = withBudget(run);
  expect(await short(undefined, { getRemainingTimeInMillis: () => 20_000 })).toEqual({
    outcome: "unfinished",
    redelivered: 0,
    givenUp: 0,
  });
  expect(await run()).toMatchObject({ outcome: "done", redelivered: 3 });
});

test("a list that is too long for one run is read to its end by the next ones", async () => {
  const { withBudget } = await import("../../../lambdas/runtime/budget.js");
  receiver.fail({ times: 1, status: 503 });
  await comment(1);
  for (let n = 0; n < 250; n += 1) await opened();
  pass(20);
  await opened();
  // Enough time for one page of old deliveries.
  const short = withBudget(run);
  const context = { getRemainingTimeInMillis: () => 110_000 };
  for (let n = 0; n < 2; n += 1) expect(await short(undefined, context)).toMatchObject({ redelivered: 0 });
  expect(await short(undefined, context)).toMatchObject({ outcome: "done", redelivered: 1 });
});
