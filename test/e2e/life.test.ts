import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { until, World } from "./support.js";

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world.close());

describe("one issue's life", () => {
  test("assigned: a task is created, and the status comment follows it; closed: the task is gone", async () => {
    const issue = await world.openIssue("Fix the parser");
    const delivery = await world.assign(issue);
    expect(delivery.status).toBe(202);

    const created = await world.untilStatus(issue, "has been created");
    const task = world.coder.task("gh-app-1");
    expect(task).toMatchObject({
      owner: "mona-c",
      displayName: "Fix the parser",
      initialPrompt: "https://github.com/octo/app/issues/1",
    });
    expect(created).toContain(`/tasks/mona-c/${task?.id}`);
    await world.untilStatus(issue, "is running");

    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    expect(world.coder.tasks()).toEqual([]);
    expect(world.statusComments(issue)).toHaveLength(1);
    const ends = (await world.idle()).map(({ status }) => status);
    expect(ends).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  });

  test("unassigned: the task is paused; assigned again: it is resumed", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const id = world.coder.task("gh-app-1")?.id;

    await world.unassign(issue);
    await world.untilStatus(issue, "is paused");
    await until("the workspace has stopped", () => world.coder.task("gh-app-1")?.status === "paused");

    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    expect(world.coder.task("gh-app-1")).toMatchObject({ id, status: "active" });
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test("closed and reopened: the name serves again once its old workspace is gone", async () => {
    const issue = await world.openIssue();
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    await world.gitHub.closeIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "Completed");
    await world.gitHub.reopenIssue(issue, { by: "mona" });
    await world.untilStatus(issue, "is running");
    expect(world.coder.tasks().map(({ name }) => name)).toEqual(["gh-app-1"]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  test.each(["deleteIssue", "transferIssue"] as const)(
    "%s: the task is deleted, and the run succeeds",
    async (end) => {
      world.gitHub.addRepository({ owner: "octo", name: "other" });
      const issue = await world.openIssue();
      await world.assign(issue);
      await world.untilStatus(issue, "is running");
      await world.gitHub[end](issue, { by: "mona", to: "octo/other" });
      await until("the task is deleted", () => world.coder.tasks().length === 0);
      expect((await world.idle()).map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
    },
  );

  test("an issue that never had a task is closed without a word", async () => {
    const issue = await world.openIssue();
    await world.gitHub.closeIssue(issue, { by: "mona" });
    expect((await world.idle()).map(({ status }) => status)).toEqual(["SUCCEEDED"]);
    expect(world.gitHub.commentsOn(issue)).toEqual([]);
  });

  test("neither logs nor comments hold a secret or an issue's text", async () => {
    const issue = await world.openIssue("a title that nobody should log");
    await world.assign(issue);
    await world.untilStatus(issue, "is running");
    const said = [...world.logs, ...world.statusComments(issue)].join("\n");
    for (const secret of [
      world.coder.token,
      world.gitHub.webhookSecret,
      "PRIVATE KEY",
      "ghs_",
      "sha256=",
      "nobody should log",
    ]) {
      expect(said).not.toContain(secret);
    }
    expect(world.logs.length).toBeGreaterThan(0);
  });
});
