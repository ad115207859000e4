import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Repository } from "../../local/fake-github/repositories/repository.js";
import { deployments } from "./deployments.js";
import { allWell, fire, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

/** A post that GitHub refuses must not fail a task: it is still created, gets messages and is ended. */
describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("on %s", (name) => {
  let world: World;
  let repo: Repository;
  beforeAll(async () => {
    world = await World.start({ coder: deployments[name].coder });
    world.coder.addTemplate({ name: "code-factory" });
    repo = world.gitHub.repositories.get("octo/app");
    world.gitHub.addRepository({ owner: "octo", name: "elsewhere", permissions: { mona: "write" } });
  });
  afterEach(() => {
    world.gitHub.http.faults.clear();
    Object.assign(repo, { archived: false, hasIssues: true, blocked: null });
  });
  afterAll(() => world.close());

  /** The log lines that the operators' metric counts. */
  const refusals = () => world.logs.filter((line) => line.includes("GitHub did not let us say it"));
  const quietly = { by: "mona", deliver: false };
  const refusal = { status: 422, body: { message: "Validation Failed" } };
  const ways: [string, (issue: Issue) => unknown][] = [
    ["the issue is locked", (issue) => Object.assign(issue, { locked: true })],
    ["the repository is archived", () => Object.assign(repo, { archived: true })],
    ["issues are switched off", () => Object.assign(repo, { hasIssues: false })],
    ["the issue is deleted", (issue) => world.gitHub.deleteIssue(issue, quietly)],
    [
      "the issue is moved",
      (issue) => world.gitHub.transferIssue(issue, { ...quietly, to: "octo/elsewhere" }),
    ],
    [
      "GitHub refuses the text",
      () => world.gitHub.http.fail({ ...refusal, path: /comments/, times: Number.POSITIVE_INFINITY }),
    ],
  ];

  test.each(ways)("a task is created, and observed until it runs, if %s", async (_, turn) => {
    const issue = await world.openIssue();
    const known = refusals().length;
    // Just before the first post.
    const path = new RegExp(`/issues/${issue.number}/comments$`);
    world.gitHub.http.fail({ method: "POST", path, hold: async () => turn(issue) });
    await world.assign(issue);
    await allWell(world);
    expect(world.agent(issue)).toBeDefined();
    expect(world.haveEntered("create-task", "Announce running")).toBeGreaterThan(0);
    const lines = refusals().slice(known);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).toContain(`"repositoryId":${repo.id}`);
  });

  test("a running task gets messages, is stopped and is deleted if its issue is locked and its repository archived", async () => {
    const issue = await world.runningIssue();
    const agent = world.agentOf(issue);
    await allWell(world);
    issue.locked = true;
    const { comment } = await world.gitHub.comment(issue, { by: "mona", body: "though it is locked" });
    await until("the agent gets the message", () =>
      agent.inputs.some(({ text }) => text.includes("though it is locked")),
    );
    await allWell(world);
    expect(comment.reactions).toEqual([]);

    const closed = await world.gitHub.closeIssue(issue, quietly);
    repo.archived = true;
    await world.gitHub.send(closed);
    await allWell(world);
    expect(world.agent(issue)).toBeUndefined();
    expect(refusals().length).toBeGreaterThan(1);
  });

  test("the existing status comment is updated again once GitHub allows it", async () => {
    const issue = await world.openIssue();
    issue.locked = true;
    await world.assign(issue);
    await allWell(world);
    issue.locked = false;
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await allWell(world);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("a person who may not speak gets no explanation on a locked issue of a private repository", async () => {
    const permissions = { mona: "write", tim: "read" } as const;
    world.gitHub.addRepository({ owner: "octo", name: "vault", private: true, permissions });
    const { issue } = await world.gitHub.openIssue({ repo: "octo/vault", by: "mona", title: "Hidden" });
    await world.assign(issue);
    await world.untilRunning(issue);
    issue.locked = true;
    await world.gitHub.comment(issue, { by: "tim", body: "do as I say" });
    await allWell(world);
  });

  test("a config applies even if its check run is refused", async () => {
    const known = refusals().length;
    const schedule =
      '[[scheduled_jobs]]\nname = "nightly"\nschedule = "0 3 * * *"\nbranch = "main"\nprompt = "Sweep."\n';
    const files = { ".code-factory/config.toml": schedule };
    const pushed = await world.gitHub.push({ repo: "octo/app", by: "mona", files, deliver: false });
    repo.archived = true;
    await world.gitHub.send(pushed);
    await allWell(world);
    expect(world.executions("sync-repo-config").length).toBeGreaterThan(0);
    expect(refusals().slice(known).join()).toContain("check run");
  });

  test("the run of a refused job succeeds even if it cannot open a tracking issue", async () => {
    const known = refusals().length;
    await writeConfig(world, "scheduled_jobs = 7\n");
    repo.hasIssues = false;
    fire(world, "nightly", "2026-01-01T03:00:00Z");
    await allWell(world);
    expect(refusals().slice(known).join()).toContain("job#nightly");
    await writeConfig(world, "");
  });

  const lasting = { method: "POST", path: /reactions$/, times: Number.POSITIVE_INFINITY };
  describe("a comment is sent even if GitHub", () => {
    let issue: Issue;
    beforeAll(async () => {
      issue = await world.runningIssue();
    });

    test.each([
      ["refuses", { ...lasting, status: 403, body: { message: "Forbidden" } }],
      ["fails at", { ...lasting, status: 502 }],
      ["breaks off", { ...lasting, lose: "request" as const }],
    ])("%s the reaction", async (how, fault) => {
      const agent = world.agentOf(issue);
      world.gitHub.http.fail(fault);
      const { comment } = await world.gitHub.comment(issue, { by: "mona", body: `it ${how} eyes` });
      await until("the agent gets the message", () =>
        agent.inputs.some(({ text }) => text.includes(`it ${how} eyes`)),
      );
      await allWell(world);
      expect(comment.reactions).toEqual([]);
      expect(world.haveEntered("forward-comment", "Put into inbox")).toBeGreaterThan(0);
    });
  });
});
