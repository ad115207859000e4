import { ListSecretVersionIdsCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Cost } from "../../cli/operations/cost.js";
import { creation } from "../e2e/deployments.js";
import { until, World } from "../e2e/support.js";
import { connect, relay } from "./support.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
  connect(world.system);
  // GitHub sends a ping when an App is created.
  await world.gitHub.deliver("ping", { zen: "Keep it logically awesome.", hook_id: 1 });
});
afterAll(() => world.close());

/** The JSON that a command prints. */
async function answer(...args: string[]) {
  const { code, err, json } = await relay([...args, "--local", "--json"]);
  expect({ code, err }).toEqual({ code: 0, err: expect.anything() });
  return json();
}

const nameOf = ({ number }: { number: number }) => `octo/app#${number}`;

describe("status", () => {
  test("lists current work, and shows the runs and pages of one issue", async () => {
    const issue = await world.runningIssue();
    await world.idle();
    const row = {
      work: nameOf(issue),
      state: expect.stringMatching(/running|waiting/),
      owner: "mona-c",
      waiting: [],
    };
    expect(await answer("status")).toContainEqual(expect.objectContaining(row));
    expect(await answer("status", "octo/app")).toContainEqual(expect.objectContaining(row));
    expect(await answer("status", "octo/other")).toEqual([]);

    const [run] = await world.runsOf(issue);
    expect(await answer("status", nameOf(issue).toUpperCase())).toMatchObject({
      ...row,
      issue: expect.stringMatching(/\/octo\/app\/issues\/\d+$/),
      agent: expect.stringContaining(world.coder.url),
      runs: expect.arrayContaining([
        expect.objectContaining({ flow: "create-task", name: run?.name, status: "SUCCEEDED" }),
      ]),
    });
    const text = await relay(["status", nameOf(issue), "--local"]);
    expect(text.out).toMatch(
      /State +(running|waiting)\n[\s\S]*Nothing waits[\s\S]*SUCCEEDED +create-task-app-/,
    );
  });

  test("says that there is no such work, with exit code 4", async () => {
    const { code, err, out } = await relay(["status", "octo/app#9999", "--local"]);
    expect({ code, out }).toEqual({ code: 4, out: "" });
    expect(err).toContain('no record of "octo/app#9999"');
  });
});

describe("inbox", () => {
  test("lists the inputs that wait for an agent, and drops one permanently", async () => {
    const issue = await world.runningIssue();
    await world.idle();
    const agent = world.agentOf(issue);
    agent.holdBusy();
    await world.gitHub.comment(issue, { by: "mona", body: "first" });
    await world.gitHub.comment(issue, { by: "mona", body: "second" });
    const waiting = await until("both wait", async () => {
      const found = (await answer("inbox", nameOf(issue))) as { id: string; from: string }[];
      return found.length === 2 && found;
    });
    expect(waiting).toMatchObject([{ from: "mona", kind: "comment" }, { from: "mona" }]);
    const [first] = waiting;
    const drop = ["inbox", nameOf(issue), "--drop", first?.id ?? "", "--local"];
    expect(await relay(drop)).toMatchObject({ code: 5, out: "" });
    const dropped = await relay([...drop, "--yes"]);
    expect(dropped).toMatchObject({ code: 0, out: `Dropped ${first?.id}.\n` });
    expect(dropped.err).toContain(`drops ${first?.id} by mona`);
    expect(await relay([...drop, "--yes"])).toMatchObject({ code: 4 });

    agent.release();
    const told = () => agent.inputs.map(({ text }) => text).join("\n");
    await until("the second is sent", () => told().includes("second"));
    await world.idle();
    expect(told()).not.toContain("first");
    const { out } = await relay(["inbox", nameOf(issue), "--local"]);
    expect(out).toBe(`Nothing waits for the agent of ${nameOf(issue)}.\n`);
  });
});

describe("a failed run", () => {
  test("is listed with its reason, shown by tail, and redriven by its name", async () => {
    const issue = await world.openIssue();
    world.coder.http.fail({ ...creation, status: 403, body: { message: "Forbidden." } });
    await world.assign(issue);
    await world.untilStatus(issue, "has failed");
    const [run] = await world.runsOf(issue);
    const name = run?.name ?? "";
    const failure = { name, flow: "create-task", error: "CoderForbiddenError", status: "FAILED" };
    expect(await answer("failed")).toContainEqual(expect.objectContaining(failure));
    expect((await relay(["failed", "--local"])).out).toMatch(new RegExp(`${name} +CoderForbiddenError`));

    const tail = await relay(["tail", nameOf(issue), "--since", "5m", "--for", "0s", "--local", "--json"]);
    const lines = tail.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ run: each, what, error }) => `${each} ${what} ${error ?? ""}`.trim())).toEqual([
      `${name} started`,
      `${name} Claim work`,
      `${name} Create task`,
      `${name} not yet CoderForbiddenError`,
      `${name} failed CoderForbiddenError`,
    ]);

    expect(await relay(["redrive", name, "--local"])).toMatchObject({ code: 5 });
    expect(await answer("redrive", name, "--yes")).toEqual([{ name, redriven: true }]);
    await world.untilRunning(issue);
    expect(await answer("failed")).not.toContainEqual(expect.objectContaining({ name }));
    const again = await relay(["redrive", name, "--yes", "--local", "--json"]);
    expect(again.code).toBe(1);
    expect(again.json()).toMatchObject([{ name, redriven: false, refusal: expect.any(String) }]);
    expect(await relay(["redrive", "create-task-app-1-none", "--yes", "--local"])).toMatchObject({ code: 4 });
  });

  test("is redriven together with all runs that failed with the same error since a given time", async () => {
    world.coder.http.fail({ ...creation, status: 403, body: { message: "Forbidden." }, times: 2 });
    const issues = [await world.openIssue(), await world.openIssue()];
    for (const issue of issues) await world.assign(issue);
    for (const issue of issues) await world.untilStatus(issue, "has failed");
    expect(await answer("redrive", "--all-since", "5m", "--error", "OtherError", "--yes")).toEqual([]);
    const redriven = await answer("redrive", "--all-since", "5m", "--error", "CoderForbiddenError", "--yes");
    expect(redriven).toMatchObject([{ redriven: true }, { redriven: true }]);
    for (const issue of issues) await world.untilRunning(issue);
    expect(await relay(["redrive", "--local"])).toMatchObject({ code: 2 });
    const none = await relay(["redrive", "--all-since", "5m", "--error", "OtherError", "--local"]);
    expect(none.out).toMatch(/^No run has failed with OtherError since [\d-]+T[\d:]{5}Z\.\n$/);
  });
});

describe("tail", () => {
  const tail = async (name: string) => {
    const args = ["tail", name, "--since", "5m", "--for", "0s", "--local", "--json"];
    const { code, out } = await relay(args);
    const lines = out.split("\n").filter((line) => line !== "");
    return { code, lines: lines.map((line) => JSON.parse(line)).map(({ run, what }) => `${run} ${what}`) };
  };

  test("shows events of an issue's pull request, from the first state on", async () => {
    const [issue, other] = [await world.runningIssue(), await world.runningIssue()];
    const by = world.gitHub.agentLogin;
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by,
      head: "mend-it",
      title: "Mend it",
      closes: [issue.number],
    });
    const headSha = pull.shas.at(-1) ?? "";
    const ci = {
      repo: "octo/app",
      workflow: "CI",
      branch: "mend-it",
      headSha,
      conclusion: "failure",
    } as const;
    const run = await world.gitHub.completeRun({ ...ci, jobs: [{ name: "test", conclusion: "failure" }] });
    await world.gitHub.comment(other, { by: "mona", body: "not about this one" });
    await world.idle();
    const { lines } = await tail(nameOf(issue));
    const serving = (flow: string, number: number | bigint) =>
      expect.stringMatching(new RegExp(`^${flow}-app-${number}-.* succeeded$`));
    expect(lines).toEqual(
      expect.arrayContaining([
        serving("create-task", issue.number),
        serving("relay-failure", run.run.id),
        serving("watch-pulls", pull.number),
        serving("track-pull", pull.number),
        expect.stringMatching(/^drain-.* succeeded$/),
      ]),
    );
    expect(lines.filter((line) => line.includes(`-${other.number}-`))).toEqual([]);

    // While a run is still looking for its task, GitHub says which issue it belongs to.
    const path = /\/collaborators\/mona\/permission$/;
    world.gitHub.http.fail({ method: "GET", path, status: 502, body: {}, times: 1000 });
    await world.gitHub.comment(pull.issue, { by: "mona", body: "Look at this, too." });
    const looking = new RegExp(`^forward-comment-app-${pull.number}-.* Find task$`);
    await until("it looks for the task", async () =>
      (await tail(nameOf(issue))).lines.some((line) => looking.test(line)),
    );
    expect((await tail(nameOf(other))).lines.filter((line) => looking.test(line))).toEqual([]);
    world.gitHub.http.faults.clear();
    await world.idle();
    expect((await tail(nameOf(other))).lines).toContainEqual(serving("forward-comment", other.number));
  });

  test("accepts an issue that the relay has no record of yet", async () => {
    expect(await tail("octo/app#9999")).toEqual({ code: 0, lines: [] });
    expect(await tail("octo/nowhere#1")).toEqual({ code: 4, lines: [] });
  });
});

describe("cost", () => {
  test("counts what the local system would have used in AWS", async () => {
    await world.runningIssue();
    await world.idle();
    const { flows, other, table } = (await answer("cost")) as Cost;
    const runs = world.executions("create-task");
    const counted = flows.find(({ flow }) => flow === "create-task");
    expect(counted).toMatchObject({
      runs: runs.length,
      transitions: runs.reduce((sum, { stateTransitions }) => sum + stateTransitions, 0),
      isMeasured: true,
    });
    expect(counted?.lambda.calls).toBeGreaterThanOrEqual(runs.length);
    expect(counted?.lambda.gbSeconds).toBeGreaterThan(0);
    expect(other.calls).toBeGreaterThan(0);
    expect(table.reads).toBeGreaterThan(0);
    expect(table.writes).toBeGreaterThan(0);
  });
});

describe("end", () => {
  test("deletes the task and unassigns the agent, so that no new task is started", async () => {
    const issue = await world.runningIssue();
    await world.idle();
    const refused = await relay(["end", nameOf(issue), "--local"]);
    expect(refused.code).toBe(5);
    expect(refused.err).toMatch(
      /deletes its task gh-app-\d+ of mona-c.* and unassigns the agent from octo\/app#\d+/,
    );
    expect(await answer("end", nameOf(issue), "--yes")).toMatchObject({ status: "SUCCEEDED" });
    await world.idle();
    expect(world.agentsFor(issue)).toEqual([]);
    expect(issue.assignees).toEqual([]);
    expect(issue.state).toBe("open");
    expect(await world.endsOf(issue)).toEqual(["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]);
  });

  test("removes the request for the agent's review of a pull request", async () => {
    const reviewer = world.gitHub.agentLogin;
    world.gitHub.repositories.get("octo/app").permissions.set(reviewer, "write");
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: "mona",
      head: "mine",
      title: "Mine",
    });
    await world.gitHub.requestReview(pull, { by: "mona", reviewer });
    await world.untilRunning(pull.issue);
    expect(world.agent(pull.issue)).toBeDefined();
    const name = nameOf(pull);
    const { out, err } = await relay(["tail", name, "--since", "5m", "--for", "0s", "--local"]);
    expect(err).toMatch(/^Events in the local system in .* appear here. Ctrl-C stops this.\n$/);
    expect(out).toMatch(new RegExp(`create-task-app-${pull.number}-.* Create task`));
    expect(await answer("end", name, "--yes")).toMatchObject({ status: "SUCCEEDED" });
    await world.idle();
    expect(pull.reviewers).toEqual([]);
    expect(world.agent(pull.issue)).toBeUndefined();
  });
});
describe("replay", () => {
  test("lets GitHub send a delivery again, and shows the relay's answer", async () => {
    const { hook } = world.gitHub.auth.app;
    const { url } = hook;
    hook.url = `${world.system.api.url}/elsewhere`;
    const issue = await world.openIssue();
    const delivery = await world.assign(issue);
    hook.url = url;
    expect(delivery.status).toBe(404);
    const args = ["replay", delivery.guid];
    const event = { delivery: delivery.guid, event: "issues", outcome: "accepted", code: expect.any(Number) };
    const execution = expect.stringMatching(/^create-task-app-/);
    expect(await answer(...args)).toEqual({ ...event, answer: { execution } });
    await world.untilRunning(issue);
    expect(await answer(...args)).toEqual({ ...event, answer: { duplicate: execution } });
    expect(await relay(["replay", "0b1f5c1e", "--local"])).toMatchObject({
      code: 4,
      err: expect.stringContaining("Expected a whole GUID"),
    });
    const unknown = await relay([
      "replay",
      delivery.guid.replaceAll(/./g, (one) => (one === "-" ? one : "0")),
      "--local",
    ]);
    expect(unknown).toMatchObject({
      code: 4,
      err: expect.stringContaining("keeps deliveries for three days"),
    });
  });
});

describe("reconcile", () => {
  test("reports what the relay has missed, and starts it", async () => {
    const { issue } = await world.gitHub.openIssue({
      repo: "octo/app",
      by: "mona",
      title: "Missed",
      deliver: false,
    });
    await world.gitHub.assign(issue, { by: "mona", assignee: world.gitHub.agentLogin, deliver: false });
    const args = ["reconcile", "--minimum-age", "0s"];
    const gaps = [{ gap: expect.stringContaining(`#${issue.number}`), execution: expect.any(String) }];
    expect(await answer(...args, "--dry-run")).toMatchObject({ outcome: "complete", gaps });
    expect(world.agentsFor(issue)).toEqual([]);
    expect(await relay([...args, "--local"])).toMatchObject({ code: 5 });
    expect(await answer(...args, "--yes")).toMatchObject({ outcome: "complete", gaps });
    await world.untilRunning(issue);
    expect((await relay([...args, "--yes", "--local"])).out).toMatch(/^Nothing was missed\./);
  });
});

describe("rotate", () => {
  test("replaces the webhook secret while every delivery is accepted, and continues where it was interrupted", async () => {
    const before = world.gitHub.webhookSecret;
    const { statuses, stop } = deliverAlways();
    const args = ["rotate", "webhook-secret", "--wait", "1s", "--yes", "--local"];
    const refusal = { status: 422, body: { message: "No." } };
    world.gitHub.http.fail({ method: "PATCH", path: /\/app\/hook\/config$/, ...refusal });
    expect(await relay(args)).toMatchObject({ code: 1 });
    expect(await secretStages("webhook")).toEqual([["AT_GITHUB", "AWSPREVIOUS"], ["AWSCURRENT"]]);
    expect(await relay([...args, "--retire"])).toMatchObject({ code: 1 });

    const { code, out, err } = await relay(args);
    await stop();
    expect(err).toContain("continues with that value");
    expect({ code, out }).toEqual({ code: 0, out: "Done: only the current value is accepted.\n" });
    expect([...statuses]).toEqual([200]);
    const after = world.gitHub.webhookSecret;
    expect(after).toMatch(/^[0-9a-f]{60}$/);
    expect(`${out}${err}`).not.toMatch(new RegExp(`${before}|${after}`));
    expect(await secretStages("webhook")).toEqual([["AT_GITHUB", "AWSCURRENT"]]);
  });

  test("replaces the Coder token, and deletes the old one", async () => {
    const args = ["rotate", "coder-token", "--wait", "0s", "--yes", "--local"];
    expect(await relay(args)).toMatchObject({ code: 0 });
    const [first] = world.coder.mintedTokens();
    const { code, out, err } = await relay(args);
    expect({ code, out }).toEqual({ code: 0, out: "Done: the old token is deleted.\n" });
    const [second, ...others] = world.coder.mintedTokens();
    expect(others).toEqual([]);
    expect(second?.id).not.toBe(first?.id);
    expect(second?.user.username).toBe("relay-bot");
    expect(`${out}${err}`).not.toContain(second?.key);
    const issue = await world.runningIssue();
    expect(world.agentsFor(issue)).toHaveLength(1);
  });
});

/** Sends deliveries without a pause, and notes their answers. */
function deliverAlways() {
  const statuses = new Set<number | undefined>();
  let isOver = false;
  const sending = (async () => {
    while (!isOver) statuses.add((await world.gitHub.deliver("ping", { zen: "Design for failure." })).status);
  })();
  const stop = () => {
    isOver = true;
    return sending;
  };
  return { statuses, stop };
}

/** The staging labels of a secret's versions, the oldest first. */
async function secretStages(name: string): Promise<string[][]> {
  const client = new SecretsManagerClient({
    region: "us-east-1",
    endpoint: world.system.secretsManager.url,
    credentials: world.system.credentials,
  });
  const { Versions = [] } = await client.send(new ListSecretVersionIdsCommand({ SecretId: name }));
  client.destroy();
  return Versions.map(({ VersionStages = [] }) => [...VersionStages].sort());
}
