import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { MergeGroup } from "../../local/fake-github/contents/merge-queue.js";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Pull } from "../../local/fake-github/pulls/pull.js";
import { allWell, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

/** What happens to the branch that the agent's pull request is to be merged into. */
describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("on %s", (_, version) => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({
      coder: { version },
      settings: { CODER_SERVICE_USER: "mona-c" },
    });
    world.coder.addTemplate({ name: "code-factory" });
    await writeConfig(world, '[[on_event.failed_run]]\nworkflows = ["CI"]\nbranches = ["main"]\n');
  });
  afterAll(() => world.close());

  const atWork = async (): Promise<{ issue: Issue; pull: Pull }> => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue);
    await allWell(world);
    return { issue, pull };
  };
  const texts = (issue: Issue) => world.agentOf(issue).inputs.map(({ text }) => text);

  describe("with a merge queue", () => {
    /** All kinds of CI report on the merge group. */
    const report = async ({ branch, sha }: MergeGroup, conclusion: "failure" | "success") => {
      const { gitHub } = world;
      const on = { repo: "octo/app", by: "mona" } as const;
      await gitHub.completeRun({
        ...on,
        workflow: "CI",
        branch,
        headSha: sha,
        event: "merge_group",
        conclusion,
        jobs: [{ name: "test", conclusion, log: "##[error]not together\n" }],
      });
      await gitHub.reportCheck({ ...on, headSha: sha, name: "build", conclusion });
      await gitHub.setStatus({ ...on, sha, context: "ci/queue", state: conclusion });
    };

    test("failures of a merge group are not the pull request's, and start no task, however late; the agent is told if they remove it from the queue; the merge ends the task", async () => {
      const { issue, pull } = await atWork();
      const agents = world.agents().length;
      const failing = await world.gitHub.mergeQueue.enqueue(pull, { by: "mona" });
      await report(failing, "failure");
      await allWell(world);
      const dequeued = await world.gitHub.mergeQueue.end(failing, "CI_FAILURE");
      await report(failing, "failure");
      await world.gitHub.redeliver(dequeued.guid);
      await allWell(world);
      expect(texts(issue)).toEqual([
        expect.stringContaining(
          `Removal of pull request octo/app#${pull.number} from the merge queue of main because checks failed`,
        ),
      ]);
      expect(texts(issue)[0]).toContain("Reason: CI_FAILURE");

      const passing = await world.gitHub.mergeQueue.enqueue(pull, { by: "mona" });
      await report(passing, "success");
      await world.gitHub.mergeQueue.end(passing, "MERGE");
      await world.untilStatus(issue, "Completed");
      // The group's commit is the base branch's newest now, and GitHub names the merged pull request for it.
      await world.gitHub.setStatus({
        repo: "octo/app",
        by: "mona",
        sha: passing.sha,
        context: "ci/late",
        state: "failure",
      });
      await allWell(world);
      expect(world.agent(issue)).toBeUndefined();
      expect(world.statusComments(issue)[0]).toContain(`/pull/${pull.number}) (merged`);
      expect(world.agents()).toHaveLength(agents - 1);
      const sent = world.agents().flatMap(({ inputs }) => inputs.map(({ text }) => text));
      expect(sent.join()).not.toMatch(/not together|build|ci\/queue|ci\/late/);
    });

    test("a conflict in the queue is told once the base branch shows it, and a failure of the pull request itself is told", async () => {
      const { issue, pull } = await atWork();
      const group = await world.gitHub.mergeQueue.enqueue(pull, { by: "mona" });
      await world.gitHub.setStatus({
        repo: "octo/app",
        by: "mona",
        sha: pull.shas.at(-1) ?? "",
        context: "ci/own",
        state: "failure",
      });
      await until("the failure is told", () => texts(issue).some((text) => text.includes("ci/own")));
      await allWell(world);
      await world.gitHub.mergeQueue.end(group, "MERGE_CONFLICT");
      pull.hasConflict = true;
      await world.gitHub.push({ repo: "octo/app", by: "mona", files: { "a.txt": "1" } });
      await until("the conflict is told", () =>
        texts(issue).some((text) => text.includes("Merge conflict of")),
      );
      await allWell(world);
      expect(texts(issue)).toHaveLength(2);
    });
  });

  test("a renamed base branch is watched under its new name; a push that comes late under the old one is made up for", async () => {
    const { issue, pull } = await atWork();
    const { base } = pull;
    const conflicts = () => texts(issue).filter((text) => text.includes("Merge conflict of"));
    const push = (deliver: boolean) =>
      world.gitHub.push({ repo: "octo/app", by: "mona", files: { "b.txt": `${Math.random()}` }, deliver });
    const told = (sha: string) =>
      until("the conflict is told", () =>
        conflicts().find((text) => text.includes(`Base: trunk at commit ${sha}`)),
      );

    const late = await push(false);
    pull.hasConflict = true;
    world.gitHub.renameBranch("octo/app", base, "trunk");
    await world.gitHub.send(late);
    await allWell(world);
    expect(conflicts()).toEqual([]);
    // The first look makes GitHub compute whether it can be merged.
    await until("the conflict is told", async () => {
      await world.system.invoke("reconcile", { dryRun: false, minimumAgeSeconds: 0 });
      return conflicts().some((text) => text.includes(`Base: trunk at commit ${late.sha}`));
    });
    const { sha } = await push(true);
    await told(sha);
    await allWell(world);
    expect(conflicts()).toHaveLength(2);
    world.gitHub.renameBranch("octo/app", "trunk", base);
  });
});
