import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Pull } from "../../local/fake-github/pulls/pull.js";
import { nodeId } from "../../local/fake-github/repositories/repository.js";
import { deployments, sending } from "./deployments.js";
import { until, World } from "./support.js";

/** A person who has to act is told once, in a comment that mentions them. */
describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("on %s", (name) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder: deployments[name].coder, settings: { MAX_CI_ROUNDS: "1" } });
  });
  afterEach(() => world.coder.http.faults.clear());
  afterAll(() => world.close());

  /** Runs `attend` again and again until the person has been told `count` times. */
  const untilTold = (page: Issue | Pull, count: number) =>
    until(`${count} mentions on #${page.number}; there are: ${world.mentions(page)}`, async () => {
      await world.attend();
      const told = world.mentions(page);
      return told.length === count && told;
    });

  test("the requester is told once when the agent waits, when CI rounds are used up and when a run has failed", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    const [first = ""] = await untilTold(issue, 1);
    expect(first).toContain("@mona The agent has finished its turn and waits for you.");
    expect(await world.untilStatus(issue, "waits for you")).not.toContain("@mona");
    await world.attend();
    expect(world.mentions(issue)).toHaveLength(1);

    const agent = world.agentOf(issue);
    const report = "Shall I ask @tim, or drop #1?";
    if ("setSummary" in agent) agent.setSummary(report);
    await world.gitHub.comment(issue, { by: "mona", body: "Go on." });
    await until("the agent has the comment", () => agent.inputs.length === 1);
    if (!("setSummary" in agent)) {
      await until("the turn is over", () => agent.agent.report?.state === "idle");
      agent.setAgentState("idle", { message: report });
    }
    const [, second = ""] = await untilTold(issue, 2);
    expect(second).toMatch(/^> .*`.*Shall I ask @tim, or drop #1\?.*`$/m);

    const pull = await world.openPull(issue, { head: "fix" });
    for (const workflow of ["CI", "Lint", "Docs"]) {
      await world.gitHub.completeRun({
        repo: "octo/app",
        workflow,
        branch: "fix",
        headSha: pull.shas.at(-1) ?? "",
        conclusion: "failure",
        jobs: [{ name: "test", conclusion: "failure", steps: [], log: "##[error]no!\n" }],
      });
      await world.idle();
      if (workflow === "CI") await until("the agent has the failure", () => agent.inputs.length === 2);
    }
    await world.untilStatus(issue, "has not helped");
    const [rounds = ""] = await untilTold(pull, 1);
    expect(rounds).toContain("@mona CI needs you.");
    expect(rounds).toContain("Say what to do, here or on the pull request");

    world.coder.http.fail({ ...sending, status: 403, times: Number.POSITIVE_INFINITY });
    await world.gitHub.comment(pull, { by: "mona", body: "Try this." });
    await world.untilStatus(issue, "has failed");
    const failed = (await untilTold(issue, world.mentions(issue).length + 1)).at(-1) ?? "";
    expect(failed).toContain("@mona This has failed, and somebody has to act.");
    expect(failed).toContain("Reference for operators");
    const ends = world.system.engine.list({ status: "FAILED" });
    expect(ends.map(({ error }) => error)).toEqual([expect.stringMatching(/ForbiddenError$/)]);
    await world.attend();
    await world.attend();
    expect(world.mentions(pull)).toHaveLength(1);
    expect(world.mentions(issue).at(-1)).toBe(failed);
    expect(world.statusComments(issue).filter((body) => body.includes(":status "))).toHaveLength(1);
  });

  test("the requester is told once for each commit that the pull request is ready and its checks are green", async () => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue, { head: "green", draft: true });
    const check = { repo: "octo/app", by: "mona", name: "build", headSha: pull.shas.at(-1) ?? "" };
    const status = { repo: "octo/app", by: "mona", context: "deploy" };
    const untilShown = (text: string) =>
      until(`the status comment says "${text}": ${world.statusComments(issue)}`, async () => {
        await world.attend();
        return world.statusComments(issue).some((body) => body.includes(`/pull/${pull.number}) (${text})`));
      });
    await world.gitHub.reportCheck(check);
    await untilShown("draft, checks 🟡");
    await world.gitHub.reportCheck({ ...check, conclusion: "success" });
    await untilShown("draft, checks ✅");
    await world.idle();
    expect(world.mentions(pull)).toEqual([]);
    await world.gitHub.setDraft(pull, { by: "mona", draft: false });
    await untilTold(pull, 1);
    expect(world.mentions(pull)[0]).toContain("@mona This pull request is ready, and its checks are green.");
    const run = {
      repo: "octo/app",
      branch: "green",
      headSha: check.headSha,
      conclusion: "action_required",
    } as const;
    for (const workflow of ["CI", "Lint"]) await world.gitHub.completeRun({ ...run, workflow });
    await world.untilStatus(issue, "a maintainer must approve the workflows");
    await world.idle();
    const [, approval = ""] = await untilTold(pull, 2);
    expect(approval).toContain("@mona CI needs you.");

    await world.gitHub.pushToPull(pull, { by: world.gitHub.agentLogin });
    const sha = pull.shas.at(-1) ?? "";
    await world.gitHub.setStatus({ ...status, sha, state: "pending" });
    await untilShown("open, checks 🟡");
    pull.hasConflict = true;
    await world.gitHub.setStatus({ ...status, sha, state: "success" });
    await untilShown("open, has conflicts, checks ✅");
    await world.attend();
    expect(world.mentions(pull)).toHaveLength(2);
    pull.hasConflict = false;
    await untilTold(pull, 3);
    await world.attend();
    expect(world.mentions(pull)).toHaveLength(3);
    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    await world.untilStatus(issue, "Completed");
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
    // GitHub isn't asked about a task that has ended.
    const before = world.gitHub.http.calls.length;
    await world.attend();
    const asked = JSON.stringify(world.gitHub.http.calls.slice(before).map((call) => call.body));
    expect(asked).not.toContain(nodeId("PullRequest", pull.id));
  });

  test("the person who gave the agent a pull request is told on that pull request", async () => {
    const { gitHub } = world;
    const { pull } = await gitHub.openPull({ repo: "octo/app", by: "mona", head: "monas" });
    await gitHub.assignPull(pull, { by: "mona", assignee: gitHub.agentLogin });
    const [told] = await untilTold(pull, 1);
    expect(told).toContain("@mona The agent has finished its turn and waits for you.");
  });

  test("a comment to a person that GitHub refuses is not tried again", async () => {
    const issue = await world.runningIssue();
    issue.locked = true;
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
    const refusals = () => world.logs.filter((line) => line.includes("GitHub did not let us say it"));
    const known = refusals().length;
    await until("the refused comment is logged", async () => {
      await world.attend();
      return refusals()
        .slice(known)
        .some((line) => line.includes("waits#"));
    });
    const logged = refusals().length;
    await world.attend();
    expect(refusals()).toHaveLength(logged);
    expect(world.mentions(issue)).toEqual([]);
  });
});

describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("with NOTIFY=review, on %s", (name) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder: deployments[name].coder, settings: { NOTIFY: "review" } });
  });
  afterAll(() => world.close());

  test("the requester's review of a green pull request is requested, or they are mentioned if GitHub refuses that", async () => {
    const issue = await world.runningIssue();
    const open = async (head: string) => {
      const by = world.gitHub.agentLogin;
      const { pull } = await world.gitHub.openPull({ repo: "octo/app", by, head, closes: [issue.number] });
      const check = { repo: "octo/app", by: "mona", name: "build", headSha: pull.shas.at(-1) ?? "" };
      await world.gitHub.reportCheck({ ...check, conclusion: "success" });
      await world.idle();
      return pull;
    };
    const first = await open("first");
    await until("the review is requested", async () => {
      await world.attend();
      return first.reviewers.length > 0;
    });
    const body = { message: "Reviews may only be requested from collaborators." };
    world.gitHub.http.fail({ method: "POST", path: /requested_reviewers$/, status: 422, body });
    const second = await open("second");
    await until("the person is mentioned", async () => {
      await world.attend();
      return world.mentions(second).length > 0;
    });
    await world.attend();
    expect(first.reviewers.map(({ login }) => login)).toEqual(["mona"]);
    expect(world.mentions(first)).toEqual([]);
    expect(world.mentions(second)).toEqual([expect.stringContaining("@mona This pull request is ready")]);
  });

  test("on a locked pull request, the review is requested all the same; if GitHub refuses that, too, nobody is told and nothing fails", async () => {
    const issue = await world.runningIssue();
    const open = async (head: string) => {
      const pull = await world.openPull(issue, { head });
      pull.issue.locked = true;
      const check = { repo: "octo/app", by: "mona", name: "build", headSha: pull.shas.at(-1) ?? "" };
      await world.gitHub.reportCheck({ ...check, conclusion: "success" });
      await world.idle();
      return pull;
    };
    const first = await open("locked");
    await until("the review is requested", async () => {
      await world.attend();
      return first.reviewers.length > 0;
    });
    const body = { message: "Reviews may only be requested from collaborators." };
    world.gitHub.http.fail({ method: "POST", path: /requested_reviewers$/, status: 422, body });
    const second = await open("locked-too");
    const refusals = () =>
      world.logs.filter(
        (line) => line.includes("GitHub did not let us say it") && line.includes("issue is locked"),
      );
    await until("the refused comment is logged", async () => {
      await world.attend();
      return refusals().length > 0;
    });
    second.issue.locked = false;
    await world.attend();
    await world.attend();
    expect(refusals()).toHaveLength(1);
    expect(first.reviewers.map(({ login }) => login)).toEqual(["mona"]);
    expect([first, second].map((pull) => world.mentions(pull))).toEqual([[], []]);
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  });
});
