import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { NewPull, Pull } from "../../local/fake-github/pulls/pull.js";
import type { NewCheckReport } from "../../local/fake-github/runs/check-runs.js";
import type { NewStatus } from "../../local/fake-github/runs/commit-statuses.js";
import type { Conclusion } from "../../local/fake-github/runs/workflow-run.js";
import { Gate } from "./gate.js";
import { allWell, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("the agent's pull request, on %s", (_, version) => {
  let world: World;
  let gate: Gate;
  beforeAll(async () => {
    gate = await Gate.before("send-inbox");
    world = await World.start({
      coder: { version },
      settings: { MAX_CI_ROUNDS: "3" },
      bundles: Gate.bundles(gate),
    });
    world.coder.addTemplate({ name: "code-factory" });
    world.gitHub.addRepository({ owner: world.gitHub.agentLogin, name: "app", forkOf: "octo/app" });
    await writeConfig(world, '[ci]\nignore = ["codecov/*"]\n');
  });
  afterAll(async () => {
    await world.close();
    await gate.remove();
  });

  /** An issue whose agent has opened a pull request. */
  const atWork = async (more: Partial<NewPull> = {}): Promise<{ issue: Issue; pull: Pull }> => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue, more);
    await allWell(world);
    return { issue, pull };
  };
  const on = (pull: Pull) => ({ repo: "octo/app", by: "mona", headSha: pull.shas.at(-1) ?? "" });
  const check = (pull: Pull, name: string, more: Partial<NewCheckReport> = {}) =>
    world.gitHub.reportCheck({ ...on(pull), name, ...more });
  const status = (
    pull: Pull,
    context: string,
    state: NewStatus["state"] = "failure",
    more: Partial<NewStatus> = {},
  ) => {
    const { headSha: sha, ...where } = on(pull);
    return world.gitHub.setStatus({ ...where, sha, context, state, ...more });
  };
  const texts = (issue: Issue) => world.agentOf(issue).inputs.map(({ text }) => text);
  const told = (issue: Issue, text: string) =>
    until(`the agent gets "${text}"`, () => texts(issue).find((input) => input.includes(text)));

  test("is checked by other CI, whose failures go to the agent as one message per commit once the other checks are over, each failure once", async () => {
    const { issue, pull } = await atWork();
    await check(pull, "slow");
    const first = await check(pull, "build", {
      conclusion: "failure",
      title: "2 errors",
      summary: "password: Tr0ub4dor-example\nSee the remarks.",
      detailsUrl: "https://ci.example.com/builds/7",
      annotations: [
        { path: "src/b.ts", start_line: 9, end_line: 9, annotation_level: "warning", message: "unused" },
        {
          path: "src/a.ts",
          start_line: 4,
          end_line: 5,
          annotation_level: "failure",
          message: "no such name",
        },
      ],
    });
    const second = await status(pull, "jenkins/deploy", "error", {
      description: "The stage failed",
      targetUrl: "https://jenkins.example.com/7",
    });
    // These are ignored: what a check run already says, what the config ignores, and what Actions and the App itself
    // report.
    await status(pull, "BUILD");
    await status(pull, "ci/build", "failure", { targetUrl: "https://ci.example.com/builds/7" });
    await status(pull, "codecov/patch");
    await check(pull, "lint", { conclusion: "failure", app: { id: 15368, slug: "github-actions" } });
    await check(pull, "config", { conclusion: "failure", app: { id: 12345, slug: "coder-task-relay" } });
    await until("an execution waits", () => world.haveEntered("relay-failure", "Wait for other checks") > 0);
    expect(texts(issue)).toEqual([]);
    await check(pull, "slow", { conclusion: "timed_out", title: "It took too long" });
    const message = await told(issue, "It took too long");
    await world.gitHub.redeliver(first.guid);
    await world.gitHub.redeliver(second.guid);
    await allWell(world);
    expect(texts(issue)).toHaveLength(1);
    expect(message).toContain(`Failed check on pull request octo/app#${pull.number}: build`);
    expect(message).toContain("src/a.ts:4: failure: no such name\nsrc/b.ts:9: warning: unused");
    expect(message).toContain("URL: https://ci.example.com/builds/7");
    expect(message).toContain("The stage failed");
    expect(message).toContain("URL: https://jenkins.example.com/7");
    expect(message).not.toMatch(/Tr0ub4dor|codecov|BUILD|ci\/build|: lint|: config/);

    await status(pull, "late");
    expect(await told(issue, `octo/app#${pull.number}: late`)).not.toContain("The stage failed");
    await allWell(world);
    expect(texts(issue)).toHaveLength(2);
  });

  test("is found by a status's commit in a fork; an older commit's failure is dropped, in any order", async () => {
    const branch = "from-fork";
    const { issue, pull } = await atWork({ head: { repo: `${world.gitHub.agentLogin}/app`, branch } });
    const old = await status(pull, "ci/old", "failure", { deliver: false });
    await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
    await status(pull, "ci/fork", "failure", { description: "of the fork" });
    await told(issue, "of the fork");
    await world.gitHub.send(old);
    await allWell(world);
    expect(texts(issue)).toHaveLength(1);
    await check(pull, "checked", { conclusion: "failure", title: "fork's check" });
    await told(issue, "fork's check");
  });

  test("gets a commit's failure although the same branch has a newer pull request into another base, which belongs to no task", async () => {
    const { issue, pull } = await atWork();
    await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: { repo: "octo/app", branch: "backport" },
      headSha: pull.shas[0] ?? "",
      base: "next",
    });
    await status(pull, "ci/both", "failure", { description: "of both" });
    await told(issue, "of both");
    await allWell(world);
    expect(texts(issue)).toHaveLength(1);
  });

  test.each([
    ["in its repository", "octo"],
    ["in a fork", "coder-agent"],
  ])(
    "that has its newest commit in common with another task's, %s: each task is told once, within its own rounds",
    async (__, owner) => {
      const branch = `shared-${owner}`;
      const head = { repo: `${owner}/app`, branch };
      const { issue, pull } = await atWork({ head });
      const other = await world.runningIssue();
      const sameTask = { headSha: pull.shas[0] ?? "", head };
      // One task hears of a commit once, however many of its pull requests have it.
      for (const base of ["next", "older"]) await world.openPull(other, { ...sameTask, base });
      await allWell(world);
      const runs = (description: string) =>
        world.gitHub.completeRun({
          repo: "octo/app",
          workflow: description,
          branch,
          headRepo: head.repo,
          headSha: pull.shas[0] ?? "",
          conclusion: "failure",
          jobs: [{ name: "test", conclusion: "failure", log: `##[error]${description}\n` }],
        });
      const both = [issue, other];
      const count = (one: Issue, text: string) => texts(one).filter((input) => input.includes(text)).length;

      const reported = await status(pull, "ci/both", "failure", { description: "the status" });
      await Promise.all(both.map((one) => told(one, "the status")));
      const ran = await runs("the run");
      await Promise.all(both.map((one) => told(one, "the run")));
      await world.gitHub.redeliver(reported.guid);
      await world.gitHub.redeliver(ran.guid);
      await allWell(world);
      expect(both.map((one) => [count(one, "the status"), count(one, "the run")])).toEqual([
        [1, 1],
        [1, 1],
      ]);
      await runs("third");
      await Promise.all(both.map((one) => told(one, "third")));
      await allWell(world);
      await world.gitHub.comment(other, { by: "mona", body: "Carry on." });
      await told(other, "Carry on.");
      await allWell(world);
      await runs("fourth");
      await told(other, "fourth");
      await world.untilStatus(issue, "have not helped");
      await allWell(world);
      expect(both.map((one) => count(one, "fourth"))).toEqual([0, 1]);
    },
  );

  test("gets no failures if a person pushed the newest commit, or if a maintainer must approve the workflows", async () => {
    const { issue, pull } = await atWork();
    await check(pull, "codecov/patch", { conclusion: "action_required" });
    await allWell(world);
    expect(world.statusComments(issue)[0]).not.toContain("must approve");
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: pull.headBranch,
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "action_required",
    });
    await world.untilStatus(issue, "must approve the workflows");
    await world.gitHub.pushToPull(pull, { by: "mona" });
    await check(pull, "build", { conclusion: "failure" });
    await world.untilStatus(issue, "mona pushed the newest commit");
    await allWell(world);
    expect(texts(issue)).toEqual([]);
    await world.gitHub.comment({ repo: pull.repo, number: pull.number }, { by: "mona", body: "Carry on." });
    await told(issue, "Carry on.");
    await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
    await check(pull, "build", { conclusion: "failure", title: "It is the agent's" });
    await told(issue, "It is the agent's");
    await allWell(world);
  });

  test("is checked by check runs alone if the permission for statuses is missing, and the log says so", async () => {
    const { issue, pull } = await atWork();
    world.gitHub.http.fail({
      path: /\/status$/,
      status: 403,
      body: { message: "Resource not accessible by integration" },
      times: Number.POSITIVE_INFINITY,
    });
    await check(pull, "build", { conclusion: "failure", title: "A check run alone" });
    await told(issue, "A check run alone");
    await allWell(world);
    expect(world.logs.join("\n")).toContain("lacks the permission Commit statuses: read");
    world.gitHub.http.faults.clear();
  });

  /** Pushes to the base branch so that these pull requests have conflicts. */
  const baseMoves = async (conflicting: Pull[], more: { deliver?: boolean } = {}) => {
    for (const pull of conflicting) pull.hasConflict = true;
    const files = { "CHANGELOG.md": `${Math.random()}` };
    const pushed = await world.gitHub.push({ repo: "octo/app", by: "mona", files, ...more });
    return pushed;
  };
  const conflicts = (issue: Issue) => texts(issue).filter((text) => text.includes("Merge conflict of"));

  /** Whether an event of this type was put into the inbox of the issue's task. */
  const isPut = (issue: Issue, type: string) =>
    world.logs.some((line) =>
      ["Put into the inbox", `"event":"${type}"`, `"work":"${issue.number}"`].every((part) =>
        line.includes(part),
      ),
    );

  test("gets a conflict once for each pair of commits, before CI failures", async () => {
    const { issue, pull } = await atWork();
    gate.shut();
    await check(pull, "build", { conclusion: "failure", title: "It does not compile" });
    const pushed = await baseMoves([pull]);
    await world.gitHub.redeliver(pushed.guid);
    await gate.during(() =>
      until("both are in the inbox", () => isPut(issue, "pull_conflicted") && isPut(issue, "check_reported")),
    );
    const message = await told(issue, "Merge conflict of");
    await allWell(world);
    expect(message).toContain(`Merge conflict of pull request octo/app#${pull.number} with main`);
    expect(message).toContain(`Branch: ${pull.headBranch} at commit ${pull.shas.at(-1)}`);
    expect(message).toContain(`Base: main at commit ${pushed.sha}`);
    expect(message.indexOf("It does not compile")).toBeGreaterThan(message.indexOf("Merge conflict of"));
    expect(conflicts(issue)).toHaveLength(1);

    await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
    await until("the new head's conflict is told", () => conflicts(issue).length === 2);
    await allWell(world);
    expect(world.haveEntered("watch-pulls", "Wait for GitHub")).toBeGreaterThan(0);
  });

  test("whose conflict is resolved before the agent takes messages hears nothing of it", async () => {
    const { issue, pull } = await atWork();
    gate.shut();
    await baseMoves([pull]);
    await gate.during(async () => {
      await until("the conflict is in the inbox", () => isPut(issue, "pull_conflicted"));
      // As after a push, GitHub doesn't know this at once.
      pull.hasConflict = false;
      pull.mergeability = "unknown";
    });
    await allWell(world);
    expect(texts(issue)).toEqual([]);
  });

  /** Lets GitHub answer the next read of the pull request as if there were none. */
  const hideOnce = ({ number }: Pull) =>
    world.gitHub.http.fail({
      method: "GET",
      path: new RegExp(`/octo/app/pulls/${number}$`),
      status: 404,
      body: { message: "Not Found" },
    });

  test.each([
    ["conflict", "pull_conflicted", (pull: Pull) => baseMoves([pull])],
    ["failed check", "check_reported", (pull: Pull) => check(pull, "build", { conclusion: "failure" })],
  ])("gets a %s although GitHub hides it once, right before it is sent", async (__, type, happens) => {
    const { issue, pull } = await atWork();
    gate.shut();
    await happens(pull);
    await gate.during(async () => {
      await until("it is in the inbox", () => isPut(issue, type));
      hideOnce(pull);
      // As after a push, GitHub computes this again.
      pull.mergeability = "unknown";
    });
    await allWell(world);
    expect(texts(issue)).toHaveLength(1);
  });

  test("gets a conflict although GitHub hides it once when its base branch gets commits", async () => {
    const { issue, pull } = await atWork({ base: "stable" });
    pull.hasConflict = true;
    hideOnce(pull);
    await world.gitHub.push({ repo: "octo/app", by: "mona", branch: "stable" });
    await allWell(world);
    expect(conflicts(issue)).toHaveLength(1);
  });

  test("gets a conflict with its base branch under the name that it has when the conflict is sent", async () => {
    const { issue, pull } = await atWork({ base: "before" });
    gate.shut();
    pull.hasConflict = true;
    const { sha } = await world.gitHub.push({ repo: "octo/app", by: "mona", branch: "before" });
    await gate.during(async () => {
      await until("the conflict is in the inbox", () => isPut(issue, "pull_conflicted"));
      world.gitHub.renameBranch("octo/app", "before", "after");
    });
    const message = await told(issue, "Merge conflict of");
    await allWell(world);
    expect(message).toContain("with after");
    expect(message).toContain(`Base: after at commit ${sha}`);
    expect(conflicts(issue)).toHaveLength(1);
  });

  test("whose newest commit another task's has, too, gets its failed run although GitHub hides it once", async () => {
    const { pull: first } = await atWork();
    const other = await world.runningIssue();
    const same = { headSha: first.shas[0] ?? "", head: { repo: "octo/app", branch: first.headBranch } };
    const second = await world.openPull(other, { ...same, base: "next" });
    await allWell(world);
    hideOnce(second);
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      branch: first.headBranch,
      headSha: same.headSha,
      conclusion: "failure",
    });
    await allWell(world);
    expect(texts(other)).toHaveLength(1);
  });

  test("whose failures pass on a re-run before the agent listens gets only those that do not", async () => {
    const { issue, pull } = await atWork();
    const run = (workflow: string, conclusion: Conclusion, attempt = 1) =>
      world.gitHub.completeRun({
        repo: "octo/app",
        workflow,
        branch: pull.headBranch,
        headSha: pull.shas.at(-1) ?? "",
        conclusion,
        attempt,
        jobs: [{ name: workflow, conclusion, log: `##[error]${workflow} has failed\n` }],
      });
    const fail = async (name: string) => {
      await Promise.all([
        check(pull, `check/${name}`, { conclusion: "failure" }),
        status(pull, `status/${name}`),
        run(`run/${name}`, "failure"),
      ]);
    };
    const pass = async (name: string, conclusion: Conclusion = "success") => {
      await check(pull, `check/${name}`, { conclusion });
      await status(pull, `status/${name}`, "success");
      await run(`run/${name}`, conclusion, 2);
    };
    const areWaiting = () =>
      until("the failures are in the inbox", () =>
        world.executions("relay-failure").every(({ status }) => status === "SUCCEEDED"),
      );
    /** Once these failures wait for the agent. */
    const whileWaiting = async (names: string[], act: () => Promise<unknown>) => {
      gate.shut();
      for (const name of names) await fail(name);
      await gate.during(async () => {
        await areWaiting();
        await act();
      });
      await allWell(world);
    };

    await whileWaiting(["flaky", "neutral", "skipped"], async () => {
      await pass("flaky");
      await pass("neutral", "neutral");
      await pass("skipped", "skipped");
    });
    expect(texts(issue)).toEqual([]);

    await whileWaiting(["flaky", "broken", "again"], async () => {
      await pass("flaky");
      await pass("again");
      await fail("again");
      await areWaiting();
      // It runs again: whether it passes is not known yet.
      await check(pull, "check/broken");
      await status(pull, "status/broken", "pending");
      // The same workflow's run for another base branch.
      await run("run/broken", "success");
    });
    const all = texts(issue).join("\n");
    for (const kind of ["check", "status", "run"]) {
      expect(all).toContain(`${kind}/broken`);
      expect(all).toContain(`${kind}/again`);
    }
    expect(all).not.toContain("flaky");
  });

  test("that is closed while its checks run is told what has failed once it is open again", async () => {
    const { issue, pull } = await atWork();
    await check(pull, "slow");
    const waiting = world.haveEntered("relay-failure", "Wait for other checks");
    await check(pull, "build", { conclusion: "failure", title: "It does not compile" });
    await until(
      "an execution waits",
      () => world.haveEntered("relay-failure", "Wait for other checks") > waiting,
    );
    await world.gitHub.closePull(pull, { by: world.gitHub.agentLogin });
    await allWell(world);
    expect(texts(issue)).toEqual([]);
    await world.gitHub.reopenPull(pull, { by: world.gitHub.agentLogin });
    await status(pull, "ci/late");
    await check(pull, "slow", { conclusion: "success" });
    expect(await told(issue, "ci/late")).toContain("It does not compile");
    await allWell(world);
  });

  test("that is closed while GitHub computes does not keep another one's conflict with the same base from being told", async () => {
    const { pull: first } = await atWork({ base: "next" });
    const push = () => world.gitHub.push({ repo: "octo/app", by: "mona", branch: "next" });
    world.gitHub.http.fail({
      method: "GET",
      path: /\/octo\/app\/pulls$/,
      every: 2,
      hold: () => world.gitHub.closePull(first, { by: "mona", deliver: false }),
    });
    await push();
    await allWell(world);
    expect(first.issue.state).toBe("closed");

    const { issue, pull } = await atWork({ base: "next" });
    pull.hasConflict = true;
    await push();
    await told(issue, "Merge conflict of");
    await allWell(world);
  });

  test("that belongs to a person or is closed gets nothing; forty cost one look each per minute", async () => {
    const { issue, pull } = await atWork();
    await world.gitHub.closePull(pull, { by: "mona" });
    await baseMoves([pull]);
    const { pull: other } = await world.gitHub.openPull({ repo: "octo/app", by: "mona", head: "monas" });
    await baseMoves([other]);
    const many = await Promise.all(
      Array.from({ length: 130 }, (__, i) =>
        world.gitHub.openPull({
          repo: "octo/app",
          by: world.gitHub.agentLogin,
          head: `many-${i}`,
          base: "next",
          deliver: false,
        }),
      ),
    );
    for (const { pull: one } of many.slice(40))
      await world.gitHub.closePull(one, { by: "mona", deliver: false });
    await world.gitHub.push({ repo: "octo/app", by: "mona", branch: "next" });
    await allWell(world);
    const looks = () =>
      world.gitHub.http.calls.filter(
        ({ method, path }) =>
          method === "GET" && many.some(({ pull: { number } }) => path.endsWith(`/pulls/${number}`)),
      ).length;
    expect(looks()).toBe(80);
    expect(world.haveEntered("watch-pulls", "Wait a minute")).toBeGreaterThan(0);
    expect(conflicts(issue)).toEqual([]);
  });
});
