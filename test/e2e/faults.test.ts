import { DeleteItemCommand, DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Fault } from "../../local/faults.js";
import { until, World } from "./support.js";

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

/** The ends that a life has when nothing goes wrong: they must be the same when something did. */
async function liveOneLife() {
  const issue = await world.openIssue();
  await world.assign(issue);
  await world.untilStatus(issue, "is running");
  expect(world.coder.tasks().map(({ name }) => name)).toEqual([`gh-app-${issue.number}`]);
  await world.gitHub.closeIssue(issue, { by: "mona" });
  await world.untilStatus(issue, "Completed");
  const runs = await world.idle();
  expect(runs.map(({ status, cause }) => cause ?? status)).toEqual(runs.map(() => "SUCCEEDED"));
  expect(world.coder.tasks()).toEqual([]);
  expect(world.statusComments(issue)).toHaveLength(1);
}

describe("a life has the same ends", () => {
  const coderFaults: [string, Fault][] = [
    ["Coder answers 500 twice", { status: 500, times: 2 }],
    [
      "every creation's answer is lost",
      { method: "POST", path: /\/tasks\/mona-c$/, lose: "response", times: 2 },
    ],
    ["a creation's request is lost", { method: "POST", path: /\/tasks\/mona-c$/, lose: "request" }],
    ["a creation gets a 500", { method: "POST", path: /\/tasks\/mona-c$/, status: 500 }],
    ["Coder limits the rate", { status: 429, headers: { "retry-after": "0" }, times: 3 }],
    ["the deletion gets 409 three times", { method: "DELETE", status: 409, times: 3 }],
    ["the deletion's answer is lost", { method: "DELETE", lose: "response" }],
    ["every third call to Coder fails", { status: 502, every: 3, times: Number.POSITIVE_INFINITY }],
  ];
  test.each(coderFaults)("though %s", async (_, fault) => {
    world.coder.http.fail(fault);
    await liveOneLife();
  });

  const gitHubFaults: [string, Fault][] = [
    ["a comment's answer is lost", { method: "POST", path: /\/comments$/, lose: "response" }],
    ["a comment's request is lost", { method: "POST", path: /\/comments$/, lose: "request" }],
    ["an edit's answer is lost", { method: "PATCH", lose: "response" }],
    ["GitHub answers 502 to every third call", { status: 502, every: 3, times: Number.POSITIVE_INFINITY }],
    ["no installation token is given at first", { path: /access_tokens$/, status: 500, times: 2 }],
  ];
  test.each(gitHubFaults)("though %s", async (_, fault) => {
    world.gitHub.http.fail(fault);
    await liveOneLife();
  });

  test("though GitHub's secondary rate limit asks for a pause, which is kept", async () => {
    world.gitHub.limitRate({ path: /permission$/, retryAfterSeconds: 1 });
    await liveOneLife();
    const [limited, next] = world.gitHub.http.calls.filter(({ path }) => path.endsWith("/permission"));
    expect(limited?.status).toBe(403);
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("though the status comment was deleted by somebody", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const [comment] = world.gitHub.commentsOn(issue);
    if (comment) await world.gitHub.deleteComment(comment, { by: "mona" });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(world.statusComments(issue)).toHaveLength(1);
  });
});

test("two creations at once, of which Coder answers one with a 500, end with one task", async () => {
  const other = await World.start({ coder: { raceCreates: true } });
  try {
    const issue = await other.openIssue();
    const assignee = other.gitHub.agentLogin;
    const { payload } = await other.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    await Promise.all([other.gitHub.deliver("issues", payload), other.gitHub.deliver("issues", payload)]);
    await other.untilStatus(issue, "is running");
    const runs = await other.idle();
    expect(runs.map(({ status, cause }) => cause ?? status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    expect(other.coder.tasks()).toHaveLength(1);
  } finally {
    await other.close();
  }
});

describe("a run that needs an operator", () => {
  test("ends in the state that failed; mended and redriven, it ends as if it had never failed", async () => {
    const token = world.coder.token;
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
    const entered = world.system.engine
      .history(run.executionArn)
      .filter(({ type }) => type === "TaskStateEntered");
    expect(JSON.stringify(entered.at(-1))).toContain("Create task");

    world.system.rotate({ coderToken: token });
    world.system.engine.redrive(run.executionArn);
    const running = await world.untilStatus(issue, "is running");
    expect(running).not.toContain("failed");
    expect(await world.idle()).toMatchObject([{ status: "SUCCEEDED", redriveCount: 1 }]);
    expect(world.statusComments(issue)).toHaveLength(1);

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(world.coder.tasks()).toEqual([]);
  });

  test("a workspace that does not start fails the run after its grace, and a redrive finds it mended", async () => {
    const other = await World.start({ coder: { bootMs: 3_600_000 } });
    try {
      const issue = await other.openIssue();
      await other.assign(issue);
      await other.untilStatus(issue, "has been created");
      other.coder.task("gh-app-1")?.failBuild();
      expect(await other.untilStatus(issue, "has failed")).toMatch(/not started.*workspace build/s);
      const [run] = await other.idle();
      expect(run).toMatchObject({ status: "FAILED", error: "TaskBrokenError" });

      const id = other.coder.task("gh-app-1")?.id;
      const headers = { "Coder-Session-Token": other.coder.token };
      await fetch(`${other.coder.url}/api/v2/tasks/mona-c/${id}/resume`, { method: "POST", headers });
      other.coder.task("gh-app-1")?.finishBoot();
      other.system.engine.redrive(run?.executionArn ?? "");
      await other.untilStatus(issue, "is running");
    } finally {
      await other.close();
    }
  });

  test("a failed deletion is told on the issue, and its redrive deletes the task", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    world.coder.http.fail({ method: "DELETE", status: 403, body: { message: "Forbidden." } });
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "has failed");
    const failed = (await world.idle()).find(({ status }) => status === "FAILED");
    expect(failed?.error).toBe("CoderForbiddenError");
    world.system.engine.redrive(failed?.executionArn ?? "");
    await world.untilStatus(issue, "Completed");
    expect(world.coder.tasks()).toEqual([]);
  });
});

describe("a record that is lost", () => {
  async function loseRecords(): Promise<void> {
    const client = new DynamoDBClient({
      endpoint: world.system.dynamoDbUrl,
      region: "us-east-1",
      credentials: { accessKeyId: "local", secretAccessKey: "local" },
    });
    const { Items = [] } = await client.send(new ScanCommand({ TableName: "coder-task-relay" }));
    for (const { pk, sk } of Items) {
      if (pk && sk)
        await client.send(new DeleteItemCommand({ TableName: "coder-task-relay", Key: { pk, sk } }));
    }
    client.destroy();
  }

  test("does not hide the task from the close of its issue", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    await loseRecords();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(world.coder.tasks()).toEqual([]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("is made again by the next assignment, with the same task and the same comment", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const id = world.coder.tasks()[0]?.id;
    await loseRecords();
    await world.assign(issue);
    await until("the run is over", async () => (await world.idle()).length === 2);
    await world.untilStatus(issue, "is running");
    expect(world.coder.tasks().map((task) => task.id)).toEqual([id]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });
});

test("on an older Coder without pause and resume, workspace builds do the same", async () => {
  const other = await World.start({ coder: { version: "2.30" } });
  try {
    const issue = await other.openIssue();
    await other.assign(issue);
    await other.untilStatus(issue, "is running");
    await other.unassign(issue);
    await other.untilStatus(issue, "is paused");
    await other.assign(issue);
    await other.untilStatus(issue, "is running");
    await other.gitHub.closeIssue(issue, { by: "mona" });
    await other.untilStatus(issue, "Completed");
  } finally {
    await other.close();
  }
});
