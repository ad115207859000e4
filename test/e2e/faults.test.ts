import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Fault } from "../../local/http/faults.js";
import { bundles } from "../bundles.js";
import { emptyTable } from "../table-writes.js";
import { creation, deployments, ending, everyCoder } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { until, World } from "./support.js";

/** An issue's life and its expected outcome, which faults must not change. */
async function liveOneLife(world: World) {
  const issue = await world.openIssue();
  await world.assign(issue);
  await world.untilRunning(issue);
  expect(world.agentsFor(issue)).toEqual([world.agentOf(issue)]);
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  const ends = await world.endsOf(issue);
  expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  expect(world.agentsFor(issue)).toEqual([]);
  expect(world.statusComments(issue)).toHaveLength(1);
}

describe.each(everyCoder)("on %s", (_, deployment) => {
  const { coder, page } = deployment;
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder });
  });
  afterEach(() => world.coder.http.faults.clear());
  afterAll(async () => {
    await allWell(world);
    await world.close();
  });

  // This test is the first, so no container has read the secret yet.
  test("a run that needs an operator ends in the failed state; after a fix and a redrive it completes normally", async () => {
    const { token } = world.coder;
    world.system.rotate({ coderToken: "a-token-of-nobody" });
    const issue = await world.openIssue();
    await world.assign(issue);
    const status = await world.untilStatus(issue, "has failed");
    const [run] = await world.idle();
    if (!run) throw new Error("no run");
    expect(run).toMatchObject({ status: "FAILED", error: "CoderUnauthorizedError" });
    expect(status).toContain(run.name);
    expect(status).toContain("Coder token secret");
    expect(status).not.toContain("a-token-of-nobody");
    expect(world.metrics.map(({ name }) => name)).toContain("RefusedCredentials");
    const entered = world.system.engine
      .history(run.executionArn)
      .filter(({ type }) => type === "TaskStateEntered");
    expect(JSON.stringify(entered.at(-1))).toContain("Create task");

    world.system.rotate({ coderToken: token });
    world.system.engine.redrive(run.executionArn);
    expect(await world.untilRunning(issue)).not.toContain("failed");
    expect(await world.idle()).toMatchObject([{ status: "SUCCEEDED", redriveCount: 1 }]);
    expect(world.statusComments(issue)).toHaveLength(1);

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell(world);
    expect(world.agents()).toEqual([]);
  });

  const end = ending(deployment);
  const coderFaults: [string, ...Fault[]][] = [
    ["Coder answers 500 twice", { status: 500, times: 2 }],
    [
      "every creation's answer is lost, and the end gets 409 three times",
      { ...creation, lose: "response", times: 2 },
      { ...end, status: 409, times: 3 },
    ],
    [
      "a creation's request is lost, and the end's answer",
      { ...creation, lose: "request" },
      { ...end, lose: "response" },
    ],
    ["a creation gets a 500", { ...creation, status: 500 }],
    ["Coder limits the rate", { status: 429, headers: { "retry-after": "0" }, times: 3 }],
    ["every third call to Coder fails", { status: 502, every: 3, times: Number.POSITIVE_INFINITY }],
  ];
  test.each(coderFaults)("a life has the same outcome if %s", async (_, ...faults) => {
    for (const fault of faults) world.coder.http.fail(fault);
    await liveOneLife(world);
  });

  test("a failed end is reported on the issue, and a redrive completes it", async () => {
    const issue = await world.runningIssue();
    world.coder.http.fail({ ...end, status: 403, body: { message: "Forbidden." } });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "has failed");
    const failed = (await world.runsOf(issue)).find(({ status }) => status === "FAILED");
    expect(failed?.error).toBe(page === "tasks" ? "CoderForbiddenError" : "ChatsForbiddenError");
    world.system.engine.redrive(failed?.executionArn ?? "");
    await world.untilStatus(issue, "Completed");
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(world.agent(issue)).toBeUndefined();
  });

  describe("a lost record", () => {
    async function loseRecords(): Promise<void> {
      const client = new DynamoDBClient({
        endpoint: world.system.dynamoDb.url,
        region: "us-east-1",
        credentials: world.system.credentials,
      });
      await emptyTable(client, "coder-task-relay");
      client.destroy();
    }

    test("does not hide the task from the close of its issue", async () => {
      const issue = await world.runningIssue();
      await world.idle();
      await loseRecords();
      await world.gitHub.closeIssue(issue, { by: "mona" });
      await world.untilStatus(issue, "Completed");
      expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      expect(world.agent(issue)).toBeUndefined();
      expect(world.statusComments(issue)).toHaveLength(1);
    });

    test("is restored by the next assignment, with the same task and the same comment", async () => {
      const issue = await world.runningIssue();
      const { id } = world.agentOf(issue);
      await world.idle();
      await loseRecords();
      await world.assign(issue);
      expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      await world.untilRunning(issue);
      expect(world.agentsFor(issue).map((agent) => agent.id)).toEqual([id]);
      expect(world.statusComments(issue)).toHaveLength(1);
    });
  });

  test("the search for the App's comment on an issue with many comments runs once, before the task is created", async () => {
    const issue = await world.openIssue();
    for (let count = 0; count < 101; count++) {
      await world.gitHub.comment(issue, { by: "mona", body: "Any news?", deliver: false });
    }
    await world.assign(issue);
    await world.untilRunning(issue);
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
    const path = new RegExp(`/issues/${issue.number}/comments$`);
    const calls = world.gitHub.http.calls.filter((call) => path.test(call.path));
    expect(calls.map(({ method }) => method)).toEqual(["GET", "GET", "POST"]);
  });
});

describe("transient errors on any Coder", () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterEach(() => {
    world.gitHub.http.faults.clear();
    world.coder.http.faults.clear();
  });
  afterAll(async () => {
    await allWell(world);
    await world.close();
  });

  // This test is the first, so no container has a token yet.
  test("a life has the same outcome if GitHub issues no installation token at first", async () => {
    world.gitHub.http.fail({ path: /access_tokens$/, status: 500, times: 2 });
    await liveOneLife(world);
  });

  const gitHubFaults: [string, ...Fault[]][] = [
    ["a comment's answer is lost", { method: "POST", path: /\/comments$/, lose: "response" }],
    [
      "a comment's request is lost, and an edit's answer",
      { method: "POST", path: /\/comments$/, lose: "request" },
      { method: "PATCH", lose: "response" },
    ],
    ["GitHub answers 502 to every third call", { status: 502, every: 3, times: Number.POSITIVE_INFINITY }],
  ];
  test.each(gitHubFaults)("a life has the same outcome if %s", async (_, ...faults) => {
    for (const fault of faults) world.gitHub.http.fail(fault);
    await liveOneLife(world);
  });

  test("a life has the same outcome if Coder is down for minutes, as during an upgrade", async () => {
    world.coder.http.fail({ status: 503, times: Number.POSITIVE_INFINITY });
    const issue = await world.openIssue();
    await world.assign(issue);
    const run = await until("its task is to be created", () =>
      world.executions("create-task").find(({ name }) => name.includes(`-app-${issue.number}-`)),
    );
    await until("ten tries have failed, over four minutes", () => {
      const { length } = world.system.engine
        .history(run.executionArn)
        .filter(({ type }) => type === "TaskFailed");
      return length >= 10;
    });
    world.coder.http.faults.clear();
    await world.untilRunning(issue);
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED"]);
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
  });

  test("a life has the same outcome if the secondary rate limit asks for a pause, and the relay waits that long", async () => {
    const known = world.gitHub.http.calls.length;
    world.gitHub.limitRate({ path: /permission$/, retryAfterSeconds: 1 });
    await liveOneLife(world);
    const [limited, next] = world.gitHub.http.calls
      .slice(known)
      .filter(({ path }) => path.endsWith("/permission"));
    expect(limited?.status).toBe(403);
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("a life has the same outcome if a secondary rate limit names no time: the state machine waits", async () => {
    const known = world.gitHub.http.calls.length;
    const posting = { method: "POST", path: /comments$/ };
    world.gitHub.limitRate({ ...posting, retryAfterSeconds: null });
    world.gitHub.limitRate({ ...posting, isCreation: true });
    await liveOneLife(world);
    const posts = world.gitHub.http.calls
      .slice(known)
      .filter(({ method, path }) => method === "POST" && path.endsWith("/comments"));
    expect(posts.map(({ status }) => status)).toEqual([403, 422, 201]);
    const limited = world
      .executions("create-task")
      .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
      .flatMap(({ taskFailedEventDetails }) => taskFailedEventDetails?.error ?? [])
      .filter((error) => error === "RateLimitedError");
    expect(limited).toEqual(["RateLimitedError", "RateLimitedError"]);
  });

  test("a review reaches the agent even if GitHub's GraphQL API limits the rate", async () => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue, { head: "fix-it" });
    world.gitHub.limitQueries({ times: 2 });
    await world.gitHub.review(pull, { by: "mona", state: "commented", body: "Please use the new parser." });
    const agent = world.agentOf(issue);
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("Please use the new parser.")),
    );
    const runs = await world.idle();
    expect(runs.map(({ status }) => status)).toEqual(runs.map(() => "SUCCEEDED"));
    expect(
      world.gitHub.http.calls.filter(
        ({ path, reply }) => path === "/graphql" && JSON.stringify(reply).includes("RATE_LIMITED"),
      ),
    ).toHaveLength(2);
  });

  const slow: [string, Fault, string][] = [
    ["GitHub does not answer", { delayMs: 60_000, times: Number.POSITIVE_INFINITY }, "TransientError"],
    [
      "GitHub asks for a pause of a minute",
      { status: 429, headers: { "retry-after": "60" } },
      "RateLimitedError",
    ],
  ];
  test.each(slow)("a Lambda fails in time, with an error that is retried, if %s", async (_, fault, error) => {
    const issue = await world.runningIssue();
    const run = (await world.runsOf(issue)).find(({ name }) => name.startsWith("create-task"));
    world.gitHub.http.fail({ ...fault, path: /permission$/ });
    const input = { ...JSON.parse(run?.input ?? ""), execution: run?.executionArn };
    await expect(world.system.invoke("claim-work", input, 2000)).rejects.toMatchObject({ name: error });
  });

  test("the status comment is created again after somebody has deleted it", async () => {
    const issue = await world.runningIssue();
    const [comment] = world.gitHub.commentsOn(issue);
    if (comment) await world.gitHub.deleteComment(comment, { by: "mona" });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });
});

test("a life has the same outcome if the Lambdas' process dies in every run", async () => {
  const folder = await mkdtemp(join(tmpdir(), "relay-crash-"));
  const path = join(folder, "observe-task.mjs");
  const marker = JSON.stringify(join(folder, "has-died"));
  await writeFile(
    path,
    `import { existsSync, writeFileSync } from "node:fs";
const { handler: observe } = await import("${pathToFileURL(bundles["observe-task"])}" + new URL(import.meta.url).search);
export function handler(...call) {
  if (existsSync(${marker})) return observe(...call);
  writeFileSync(${marker}, "");
  process.exit(1);
}`,
  );
  const world = await World.start({ bundles: { ...bundles, "observe-task": path } });
  try {
    await liveOneLife(world);
    const errors = world
      .executions("create-task")
      .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
      .flatMap(({ taskFailedEventDetails }) => taskFailedEventDetails?.error ?? []);
    expect(errors).toEqual(["Runtime.ExitError"]);
  } finally {
    await world.close();
    await rm(folder, { recursive: true });
  }
});

/** Only Tasks: chats have no unique names and, without a template, no workspace that must start. */
const tasks = ["Tasks of 2.34", "Tasks of 2.30"] as const;

describe.each(tasks)("on %s", (name) => {
  const { coder } = deployments[name];

  test("two concurrent creations, one of which gets a 500, end with one task", async () => {
    const world = await World.start({ coder: { ...coder, raceCreates: true } });
    try {
      const issue = await world.openIssue();
      const assignee = world.gitHub.agentLogin;
      const { payload } = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
      await Promise.all([world.gitHub.deliver("issues", payload), world.gitHub.deliver("issues", payload)]);
      await world.untilRunning(issue);
      expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
      expect(world.agents()).toHaveLength(1);
    } finally {
      await world.close();
    }
  });

  test("a workspace that does not start fails the run after its grace period, and a redrive after the repair succeeds", async () => {
    const world = await World.start({ coder: { ...coder, bootMs: 3_600_000 } });
    try {
      const issue = await world.openIssue();
      await world.assign(issue);
      await world.untilStatus(issue, "has been created");
      world.coder.task("gh-app-1")?.failBuild();
      expect(await world.untilStatus(issue, "has failed")).toMatch(/not started.*workspace build/s);
      const [run] = await world.idle();
      expect(run).toMatchObject({ status: "FAILED", error: "TaskBrokenError" });

      world.coder.task("gh-app-1")?.workspace.build("start");
      world.coder.task("gh-app-1")?.finishBoot();
      world.system.engine.redrive(run?.executionArn ?? "");
      await world.untilRunning(issue);
      await allWell(world);
    } finally {
      await world.close();
    }
  });
});
