import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Issue } from "../../local/fake-github/issues/issues.js";
import type { Told } from "../../local/fake-github/webhooks/deliveries.js";
import { ending, everyCoder } from "./deployments.js";
import { until, World } from "./support.js";

describe.each(everyCoder)("on %s", (_, deployment) => {
  const { coder } = deployment;
  let world: World;
  beforeAll(async () => {
    world = await World.start({ coder });
  });
  afterAll(() => world.close());

  /** An assignment and a close of one issue, whose deliveries have not arrived yet. */
  async function assignedAndClosed() {
    const issue = await world.openIssue();
    const assignee = world.gitHub.agentLogin;
    const assigned = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
    const closed = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
    return { issue, assigned, closed };
  }

  /** Waits for the end of all runs for an issue, which must have succeeded. */
  async function well(issue: Parameters<World["endsOf"]>[0]): Promise<void> {
    const ends = await world.endsOf(issue);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  }

  describe("a close and its assignment", () => {
    test.each([0, 1, 5, 10, 20, 40])("%i ms apart leave no task", async (ms) => {
      for (const order of ["assigned first", "closed first"]) {
        const { issue, assigned, closed } = await assignedAndClosed();
        const [first, second] = order === "assigned first" ? [assigned, closed] : [closed, assigned];
        const sending = world.gitHub.send(first);
        const start = Date.now();
        await until("some milliseconds are over", () => Date.now() - start >= ms);
        await Promise.all([sending, world.gitHub.send(second)]);

        await well(issue);
        expect(world.agentsFor(issue)).toEqual([]);
        const said = world.statusComments(issue);
        expect(said.length).toBeLessThanOrEqual(1);
        for (const body of said) expect(body).toContain("Completed");
      }
    });

    test("in the wrong order and long apart leave no task, because GitHub reports the issue as closed", async () => {
      const { issue, assigned, closed } = await assignedAndClosed();
      await world.gitHub.send(closed);
      await world.idle();
      await world.gitHub.send(assigned);
      await world.idle();
      expect(world.agentsFor(issue)).toEqual([]);
      expect(world.statusComments(issue)).toEqual([]);
    });

    test("do not delete the task of a reopened issue if the close arrives late", async () => {
      const issue = await world.runningIssue();
      const closed = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
      await world.gitHub.reopenIssue(issue, { by: "mona" });
      await world.idle();
      await world.gitHub.send(closed);
      await world.idle();
      expect(world.agent(issue)).toBeDefined();
      await world.untilRunning(issue);
    });
  });

  test("an old assignment that arrives after a newer one does not let an unassignment between the two win", async () => {
    const issue = await world.openIssue();
    const by = { by: "mona", assignee: world.gitHub.agentLogin, deliver: false };
    const first = await world.gitHub.assign(issue, by);
    const between = await world.gitHub.unassign(issue, by);
    const last = await world.gitHub.assign(issue, by);
    /** Sends a webhook as if its event had happened `secondsAgo`. */
    const send = ({ payload }: typeof first, secondsAgo: number) => {
      const updated_at = new Date(Date.now() - secondsAgo * 1000).toISOString().replace(/\.\d+Z$/, "Z");
      return world.gitHub.deliver("issues", { ...payload, issue: { ...Object(payload.issue), updated_at } });
    };
    await send(last, 10);
    await world.idle();
    await send(first, 60);
    await world.idle();
    await send(between, 30);
    await well(issue);
    await world.untilRunning(issue);
    expect(world.agentsFor(issue)).toEqual([world.agentOf(issue)]);
  });

  test("an unassignment that overtakes a close after the task is gone shows it as completed", async () => {
    const issue = await world.runningIssue();
    const assignee = world.gitHub.agentLogin;
    const unassigned = await world.gitHub.unassign(issue, { by: "mona", assignee, deliver: false });
    const closed = await world.gitHub.closeIssue(issue, { by: "mona", deliver: false });
    await world.gitHub.reopenIssue(issue, { by: "mona", deliver: false });
    const isEnding = () =>
      world
        .executions("delete-task")
        .filter(({ name }) => name.includes(unassigned.guid))
        .flatMap(({ executionArn }) => world.system.engine.history(executionArn))
        .some(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === "End task");
    const overtake = async () => {
      await world.gitHub.send(unassigned);
      await until("the unassignment is claimed", isEnding);
    };
    world.coder.http.fail({ ...ending(deployment), hold: overtake });
    await world.gitHub.send(closed);
    await world.untilStatus(issue, "Completed");
    await well(issue);
    expect(world.agentsFor(issue)).toEqual([]);
    expect(world.statusComments(issue)).toHaveLength(1);
  });

  describe("concurrent assignments", () => {
    test("end with one task, one record and one status comment", async () => {
      for (let round = 0; round < 3; round++) {
        const issue = await world.openIssue();
        const assignee = world.gitHub.agentLogin;
        const { payload } = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
        const before = world.agents().length;
        await Promise.all([1, 2, 3].map(() => world.gitHub.deliver("issues", payload)));
        await well(issue);
        expect(world.agents()).toHaveLength(before + 1);
        expect(world.statusComments(issue)).toHaveLength(1);
        expect(await world.untilRunning(issue)).toContain(`gh-app-${issue.number}`);
      }
    });

    test("by two people end with one task of one of them", async () => {
      const lisa = world.gitHub.addUser({ login: "lisa" });
      world.coder.addUser({ username: "lisa-c", githubId: lisa.id });
      world.gitHub.addRepository({
        owner: "octo",
        name: "duo",
        permissions: { mona: "write", lisa: "admin" },
      });
      const { issue } = await world.gitHub.openIssue({ repo: "octo/duo", by: "mona", title: "Both want it" });
      const before = world.agents().length;
      const assignee = world.gitHub.agentLogin;
      const one = await world.gitHub.assign(issue, { by: "mona", assignee, deliver: false });
      const two = await world.gitHub.assign(issue, { by: "lisa", assignee, deliver: false });
      await Promise.all([world.gitHub.send(one), world.gitHub.send(two)]);
      await world.idle();
      expect(world.agents()).toHaveLength(before + 1);
      expect(world.statusComments(issue)).toHaveLength(1);
    });
  });

  describe("a comment whose deletion overtakes it is not told", () => {
    type Page = Pick<Issue, "repo" | "number">;
    /** Opens a page to comment on. `ask` asks the agent without a delivery; then the returned issue has the agent's task. */
    type Opened = { page: Page; issue: Issue; ask: () => Promise<Told<object>> };
    const undelivered = { by: "mona", deliver: false };
    const onIssue = async (): Promise<Opened> => {
      const issue = await world.openIssue();
      const assignee = world.gitHub.agentLogin;
      return { page: issue, issue, ask: () => world.gitHub.assign(issue, { ...undelivered, assignee }) };
    };
    const onOwnPull = async (): Promise<Opened> => {
      const opened = await onIssue();
      return { ...opened, page: await world.openPull(opened.issue) };
    };
    const underReview = async (): Promise<Opened> => {
      const input = { repo: "octo/app", by: "mona", title: "Add a parser" };
      const { pull } = await world.gitHub.openPull({ ...input, head: randomUUID() });
      const reviewer = world.gitHub.agentLogin;
      const ask = () => world.gitHub.requestReview(pull, { ...undelivered, reviewer });
      return { page: pull, issue: pull.issue, ask };
    };

    test.each([
      ["an issue", "asks", onIssue],
      ["an issue", "has asked", onIssue],
      ["the agent's pull request", "asks", onOwnPull],
      ["the agent's pull request", "has asked", onOwnPull],
      ["a pull request to review", "asks", underReview],
      ["a pull request to review", "has asked", underReview],
    ])("on %s, where somebody %s the agent by then without being heard", async (_, when, open) => {
      const { page, issue, ask } = await open();
      const asked = when === "has asked" ? await ask() : undefined;
      const said = await world.gitHub.comment(page, { ...undelivered, body: "It is taken back." });
      await world.gitHub.deleteComment(said.comment, { by: "mona" });
      await world.idle();
      await world.gitHub.send(asked ?? (await ask()));
      await world.untilRunning(issue);
      await world.gitHub.send(said);
      await world.gitHub.comment(page, { by: "mona", body: "It stands." });
      const told = () => world.agentOf(issue).inputs.map(({ text }) => text);
      await until("the agent hears what stands", () => told().join().includes("It stands."));
      await well(issue);
      expect(told().join()).not.toContain("taken back");
    });
  });

  test("an assignment that arrives before GitHub shows its issue gets a task", async () => {
    const issue = await world.openIssue();
    const path = new RegExp(`/issues/${issue.number}$`);
    world.gitHub.http.fail({ method: "GET", path, status: 404, body: { message: "Not Found" } });
    await world.assign(issue);
    await world.untilRunning(issue);
    await well(issue);
  });

  test("a comment, a review and a failed run reach the agent although GitHub does not show their pull request yet", async () => {
    const issue = await world.runningIssue();
    const pull = await world.openPull(issue);
    await world.idle();
    const hidden = { method: "GET", path: new RegExp(`/pulls/${pull.number}$`), status: 404 };
    const told = () => world.agentOf(issue).inputs.map(({ text }) => text);
    const happens = async (what: string, happening: () => Promise<unknown>) => {
      world.gitHub.http.fail({ ...hidden, body: { message: "Not Found" } });
      await happening();
      await until(`the agent hears of ${what}`, () => told().join().includes(what));
    };
    await happens("the comment", () => world.gitHub.comment(pull, { by: "mona", body: "the comment" }));
    await happens("the review", () =>
      world.gitHub.review(pull, { by: "mona", state: "commented", body: "the review" }),
    );
    await happens("Tests on a Mac", () =>
      world.gitHub.completeRun({
        repo: "octo/app",
        by: "mona",
        workflow: "Tests on a Mac",
        branch: pull.headBranch,
        headSha: pull.shas.at(-1) ?? "",
        conclusion: "failure",
      }),
    );
    await well(issue);
  });
});
