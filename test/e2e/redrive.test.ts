import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Fault } from "../../local/http/faults.js";
import { creation, deployments, ending, sending } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { until, World } from "./support.js";

const deployment = deployments["Tasks of 2.34"];
const byRelay = "The relay will retry it by itself";

let world: World;
beforeAll(async () => {
  // The retries of an outage take a fraction of a second.
  world = await World.start({ coder: deployment.coder, timeScale: 0.0002 });
});
afterEach(() => {
  world.coder.http.faults.clear();
  world.gitHub.http.faults.clear();
});
afterAll(() => world.close());

/** Calls `redrive` without the wait, as an operator does. */
const redrive = () =>
  world.system.invoke("redrive", { early: true }) as Promise<{ redriven: number; waiting: number }>;

const failCoder = (fault: Fault = {}) =>
  world.coder.http.fail({ status: 502, ...fault, times: Number.POSITIVE_INFINITY });

test("runs that failed in an outage of Coder are redriven once Coder answers, and the one status comment follows", async () => {
  const issue = await world.openIssue();
  failCoder(creation);
  failCoder({ path: /buildinfo/ });
  await world.assign(issue);
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  // Coder is still down: no redrive is spent.
  expect(await redrive()).toEqual({ redriven: 0, waiting: 1 });
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: 1, waiting: 0 });
  await world.untilRunning(issue);
  await world.idle();

  failCoder();
  await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  await world.idle();
  await world.gitHub.comment(issue, { by: "mona", body: "And the new printer." });
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  await world.idle();
  const failed = world.system.engine.list({ status: "FAILED" }).length;
  await until("each failed run waits for its redrive", async () => (await redrive()).waiting === failed);
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: failed, waiting: 0 });
  await world.untilRunning(issue);
  const agent = world.agentOf(issue);
  const told = () => agent.inputs.map(({ text }) => text).join("\n");
  await until("the agent has both", () => told().includes("And the new printer."));
  expect(told().match(/Use the new parser|And the new printer/g)).toEqual([
    "Use the new parser",
    "And the new printer",
  ]);
  await world.idle();

  failCoder(ending(deployment));
  await world.gitHub.closeIssue(issue, { by: "mona" });
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: 1, waiting: 0 });
  await world.untilStatus(issue, "Completed");
  const ends = await world.endsOf(issue);
  expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  expect(world.statusComments(issue)).toHaveLength(1);
});

test("runs that failed in an outage of GitHub are redriven once GitHub answers: a creation, a comment, the logs of a failed run", async () => {
  const { gitHub } = world;
  const [issue, other] = [await world.runningIssue(), await world.openIssue()];
  const head = { repo: "octo/app", by: gitHub.agentLogin, head: "fix", closes: [issue.number] };
  const { pull } = await gitHub.openPull(head);
  await world.idle();
  const paths = [/\/collaborators\//, /\/logs$/, /^\/app$/];
  for (const path of paths) gitHub.http.fail({ path, status: 502, times: Number.POSITIVE_INFINITY });
  await world.assign(other);
  await gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  await gitHub.completeRun({
    repo: "octo/app",
    workflow: "CI",
    branch: "fix",
    headSha: pull.shas[0] ?? "",
    conclusion: "failure",
    jobs: [{ name: "test", conclusion: "failure", log: "##[error]2 tests failed\n" }],
  });
  expect(await world.untilStatus(other, byRelay)).toContain("has failed");
  await until("each failed run waits for its redrive", async () => (await redrive()).waiting === 3);
  // The runs of the comment and of the failed run are reported only to operators.
  expect(world.statusComments(issue)).toEqual([expect.not.stringContaining("failed")]);
  gitHub.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: 3, waiting: 0 });
  await world.untilRunning(other);
  const told = () =>
    world
      .agentOf(issue)
      .inputs.map(({ text }) => text)
      .join("\n");
  await until("the agent has both", () => /Use the new parser/.test(told()) && /2 tests failed/.test(told()));
  await allWell(world);
  expect(told().match(/Use the new parser|2 tests failed/g)).toHaveLength(2);
  for (const one of [issue, other]) expect(world.statusComments(one)).toHaveLength(1);
});

test("a failure that is reported late or twice says nothing if its run was redriven", async () => {
  const { coder, system } = world;
  const issue = await world.openIssue();
  failCoder(creation);
  failCoder({ path: /buildinfo/ });
  await world.assign(issue);
  await world.untilStatus(issue, byRelay);
  const [run] = await world.runsOf(issue);
  const detail = system.engine.describe(run?.executionArn ?? "");
  expect(detail).toMatchObject({ status: "FAILED", redriveCount: 0 });

  coder.http.faults.clear();
  await until("it waits for its redrive", async () => (await redrive()).redriven === 1);
  await world.untilRunning(issue);
  await allWell(world);

  const said = world.statusComments(issue);
  await system.invoke("report-failure", { detail });
  expect(world.statusComments(issue)).toEqual(said);
  expect(await redrive()).toEqual({ redriven: 0, waiting: 0 });
});

test("faults that an operator has to mend are reported one after the other, each with its remedy, and the one status comment follows each redrive", async () => {
  const { coder, gitHub, system } = world;
  const issue = await world.openIssue();
  /** Waits until a run has failed with `error` and the issue says `words`. Then mends the fault and redrives the run. */
  const mended = async (error: string, words: string): Promise<void> => {
    const { executionArn } = await until(`a run fails with a ${error}`, () =>
      system.engine
        .list({ status: "FAILED" })
        .find((run) => system.engine.describe(run.executionArn).error === error),
    );
    expect(await world.untilStatus(issue, words)).not.toContain(byRelay);
    expect(await redrive()).toEqual({ redriven: 0, waiting: 0 });
    coder.http.faults.clear();
    gitHub.http.faults.clear();
    system.engine.redrive(executionArn);
  };
  failCoder({ path: /\/templates/, status: 404, body: { message: "Resource not found." } });
  await world.assign(issue);
  await mended("TemplateNotFoundError", "An operator can redrive");
  await world.untilRunning(issue);

  failCoder({ ...sending, status: 401, body: { message: "You are signed out." } });
  await gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  await mended("CoderUnauthorizedError", "Coder token secret");
  await world.untilRunning(issue);
  const { inputs } = world.agentOf(issue);
  await until("the agent has the comment", () => inputs.some(({ text }) => text.includes("new parser")));

  const times = (metric: string) => world.metrics.filter(({ name }) => name === metric).length;
  const byCoder = times("RefusedCredentials");
  expect(byCoder).toBeGreaterThan(0);
  expect(times("UnsentInputAge")).toBeGreaterThan(0);

  // With such a key, GitHub accepts no comment either.
  gitHub.auth.expireTokens();
  const refusal = { status: 401, body: { message: "Bad credentials" }, times: Number.POSITIVE_INFINITY };
  gitHub.http.fail({ path: /access_tokens$/, ...refusal });
  await gitHub.closeIssue(issue, { by: "mona" });
  await mended("GitHubUnauthorizedError", "running");
  await world.untilStatus(issue, "Completed");
  await allWell(world);
  expect(world.statusComments(issue)).toHaveLength(1);
  expect(times("RefusedCredentials")).toBeGreaterThan(byCoder);
});
