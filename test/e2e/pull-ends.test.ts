import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { NewPull, Pull } from "../../local/fake-github/pulls/pull.js";
import { deployments } from "./deployments.js";
import { allWell } from "./repo-work.js";
import { World } from "./support.js";

describe.each(["Tasks of 2.34", "Chats of 2.38"] as const)("the agent's pull request, on %s", (name) => {
  const { coder } = deployments[name];
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder });
  });
  afterAll(() => world.close());

  const open = async (issue: Issue, more: Partial<NewPull> = {}): Promise<Pull> => {
    const { pull } = await world.gitHub.openPull({
      repo: "octo/app",
      by: world.gitHub.agentLogin,
      head: `fix-${issue.number}`,
      title: "Fix it",
      closes: [issue.number],
      ...more,
    });
    return pull;
  };
  const link = (pull: Pull) => `[#${pull.number}](https://github.com/octo/app/pull/${pull.number})`;

  test("is in the status comment with its state, until it is merged and has closed the issue, each time in any order", async () => {
    const issue = await world.runningIssue();
    const pull = await open(issue, { draft: true });
    await world.untilStatus(issue, `Pull request: ${link(pull)} (draft)`);
    const ready = await world.gitHub.setDraft(pull, { by: "mona", draft: false });
    await world.untilStatus(issue, `Pull request: ${link(pull)} (open)`);
    const draft = await world.gitHub.setDraft(pull, { by: "mona", draft: true, deliver: false });
    await world.gitHub.setDraft(pull, { by: "mona", draft: false, deliver: false });
    // Both come late and the first one twice: GitHub is asked, so nothing changes.
    await world.gitHub.send(draft);
    await world.gitHub.redeliver(ready.guid);
    const second = await open(issue, { head: "another", closes: [], body: `Part of #${issue.number}` });
    const both = `Pull requests: ${link(pull)} (open), ${link(second)} (open)`;
    await world.untilStatus(issue, both);
    await allWell(world);
    expect(world.statusComments(issue)).toEqual([expect.stringContaining(both)]);

    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    const ended = `Pull requests: ${link(pull)} (merged), ${link(second)} (open)`;
    await world.untilStatus(issue, "Completed");
    await world.untilStatus(issue, ended);
    await world.gitHub.closePull(second, { by: "mona" });
    await world.untilStatus(issue, `(merged), ${link(second)} (closed)`);
    await allWell(world);
    expect(world.statusComments(issue)).toEqual([expect.stringMatching(/Completed/)]);
  });
});
