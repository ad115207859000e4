import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Pull } from "../../local/fake-github/pulls/pull.js";
import { deployments, sending } from "./deployments.js";
import { until, World } from "./support.js";

/** Who has to act is told once, in a comment that mentions them. */
describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("on %s", (name) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder: deployments[name].coder, settings: { MAX_CI_ROUNDS: "1" } });
  });
  afterEach(() => world.coder.http.faults.clear());
  afterAll(() => world.close());

  /** Looks again and again, as every minute, until the person was told so often. */
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

    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: "fix",
      closes: [issue.number],
    });
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
    expect(rounds).toContain("@mona The agent needs your help with CI.");
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

  test("a person whom GitHub does not let the relay tell is not tried again", async () => {
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
