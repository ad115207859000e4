import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { defaultInstructions, reviewInstructions } from "../../lambdas/inbox/message/wording.js";
import type { NewPull, Pull } from "../../local/fake-github/pulls/pull.js";
import { allWell, writeConfig } from "./repo-work.js";
import { until, World } from "./support.js";

const work = "Work on this GitHub pull request";
const review = "Review this GitHub pull request";

describe.each([
  ["Tasks", "2.34" as const],
  ["Chats", "2.38" as const],
])("somebody else's pull request, on %s", (_, version) => {
  let world: World;
  let agent: string;
  beforeAll(async () => {
    world = await World.start({ coder: { version } });
    world.coder.addTemplate({ name: "code-factory" });
    agent = world.gitHub.agentLogin;
    world.gitHub.addUser({ login: "contributor" });
    world.gitHub.addRepository({
      owner: "contributor",
      name: "app",
      forkOf: "octo/app",
      installationId: null,
    });
  });
  afterAll(() => world.close());

  let branches = 0;
  const openPull = async (more: Partial<NewPull> = {}): Promise<Pull> => {
    branches += 1;
    const input = { repo: "octo/app", by: "mona", head: `monas-${branches}`, title: "Add a parser" };
    return (await world.gitHub.openPull({ ...input, ...more })).pull;
  };
  const fromFork = (more: Partial<NewPull> = {}) =>
    openPull({ by: "contributor", head: { repo: "contributor/app", branch: `${branches}` }, ...more });
  const assign = (pull: Pull, by = "mona", more: { deliver?: boolean } = {}) =>
    world.gitHub.assignPull(pull, { by, assignee: agent, ...more });
  const promptOf = (pull: Pull) => {
    const one = world.agentOf(pull.issue);
    return "prompt" in one ? one.prompt : one.initialPrompt;
  };
  const texts = (pull: Pull) => world.agentOf(pull.issue).inputs.map(({ text }) => text);
  const told = (pull: Pull, text: string) =>
    until(`the agent gets "${text}"`, () => texts(pull).find((input) => input.includes(text)));

  const failCheck = (pull: Pull, title: string) => {
    const headSha = pull.shas.at(-1) ?? "";
    return world.gitHub.reportCheck({
      repo: "octo/app",
      by: "mona",
      headSha,
      name: "build",
      conclusion: "failure",
      title,
    });
  };

  test("gets a task by an assignment; the task is paused, is resumed and told so, and ends with the merge", async () => {
    const pull = await openPull();
    const delivery = await assign(pull);
    await world.untilRunning(pull.issue);
    const url = `https://github.com/octo/app/pull/${pull.number}`;
    expect(promptOf(pull)).toContain(`${url}\n\n${work}`);
    await world.gitHub.redeliver(delivery.guid);

    await world.gitHub.unassignPull(pull, { by: "mona", assignee: agent });
    await world.untilStatus(pull.issue, "The agent was unassigned. Assign it again to resume the task.");
    const { id } = world.agentOf(pull.issue);
    await assign(pull);
    const message = await told(pull, "Assignment of pull request");
    expect(message).toContain(`Assignment of pull request octo/app#${pull.number}, by mona`);
    expect(message).toContain(work);
    await world.untilRunning(pull.issue);
    expect(world.agentOf(pull.issue).id).toBe(id);

    await world.gitHub.closePull(pull, { by: "mona", merged: true });
    await world.untilStatus(pull.issue, "Completed");
    expect(world.agent(pull.issue)).toBeUndefined();
    expect(world.statusComments(pull.issue)).toHaveLength(1);
    await allWell(world);
  });

  test("is reviewed on each request, even from a fork to which the agent may not push", async () => {
    const pull = await fromFork({ maintainerCanModify: false });
    await world.gitHub.requestReview(pull, { by: "mona", reviewer: agent });
    const requestedAt = pull.issue.updatedAt;
    await world.untilRunning(pull.issue);
    expect(promptOf(pull)).toContain(review);
    await world.gitHub.review(pull, { by: agent, state: "approved" });
    // A reviewer gets no CI failures and conflicts, but gets what people say.
    await failCheck(pull, "build");
    pull.hasConflict = true;
    await world.gitHub.push({ repo: "octo/app", by: "mona", files: { "a.txt": "a" } });
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Why did you approve it?" });
    const message = await told(pull, "Why did you approve it?");
    expect(message).toContain(reviewInstructions.comment);
    expect(message).not.toContain("push what you change");
    await allWell(world);
    expect(texts(pull).join("\n")).not.toMatch(/Failed check|Merge conflict/);
    // GitHub's times don't show which of two requests within one second is newer.
    await until("a later second", () => Date.now() >= Date.parse(requestedAt) + 1000);
    await world.gitHub.requestReview(pull, { by: "mona", reviewer: agent });
    await told(pull, `Request for your review of pull request octo/app#${pull.number}, by mona`);

    await world.gitHub.removeReviewRequest(pull, { by: "mona", reviewer: agent });
    await world.untilStatus(pull.issue, "The request for the agent's review was removed.");
    // The agent was never assigned, and its review is no longer requested, so only the record shows that it was given.
    await world.gitHub.closePull(pull, { by: "contributor" });
    await world.untilStatus(pull.issue, "Completed");
    await allWell(world);
  });

  test("is treated like the agent's own: comments, reviews, conflicts, and CI of the commit that it was given with or that the agent pushes", async () => {
    const pull = await openPull();
    await failCheck(pull, "It is not the agent's yet");
    const assigned = await assign(pull, "mona", { deliver: false });
    await world.gitHub.review(pull, {
      by: "mona",
      state: "commented",
      body: "It overtakes the assignment.",
      comments: [{ path: "a.ts", line: 2, body: "This, too." }],
    });
    await failCheck(pull, "It was red before");
    await world.idle();
    await world.gitHub.send(assigned);
    await world.untilRunning(pull.issue);
    expect(await told(pull, "It overtakes the assignment.")).toContain("This, too.");
    await told(pull, "It was red before");
    await world.gitHub.completeRun({
      repo: "octo/app",
      workflow: "CI",
      by: "mona",
      branch: pull.headBranch,
      headSha: pull.shas.at(-1) ?? "",
      conclusion: "failure",
    });
    await told(pull, "Failed workflow run on pull request");
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Mind the tabs." });
    await told(pull, "Mind the tabs.");
    await world.gitHub.comment({ ...pull }, { by: "tim", body: "I may not say this." });
    await world.gitHub.review(pull, {
      by: "mona",
      state: "changes_requested",
      body: "Not yet.",
      comments: [{ path: "a.ts", line: 1, body: "Rename this." }],
    });
    expect(await told(pull, "Not yet.")).toContain("Rename this.");

    await world.gitHub.pushToPull(pull, { by: "mona" });
    await failCheck(pull, "It is a person's");
    const backedOff = await world.untilStatus(pull.issue, "mona pushed the newest commit");
    expect(backedOff).toContain("Your comments here still reach it.");
    await world.gitHub.pushToPull(pull, { by: agent });
    await failCheck(pull, "It is the agent's");
    await told(pull, "It is the agent's");
    pull.hasConflict = true;
    await world.gitHub.push({ repo: "octo/app", by: "mona", files: { "b.txt": "b" } });
    await told(pull, "Merge conflict of");
    await world.gitHub.unassignPull(pull, { by: "mona", assignee: agent });
    await world.untilStatus(pull.issue, "is paused");
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Nobody listens." });
    await failCheck(pull, "Nobody mends it");
    await allWell(world);
    expect(texts(pull).join("\n")).not.toMatch(/I may not|a person's|Nobody|not the agent's yet/);
  });

  test("joins the task of the issue that it closes, as long as the agent is assigned to it", async () => {
    const issue = await world.runningIssue();
    const pull = await openPull({ body: `Closes #${issue.number}.` });
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "The agent is not asked yet." });
    const assigned = await assign(pull, "mona", { deliver: false });
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "It overtakes the assignment." });
    const heard = (text: string) =>
      until(`the issue's agent gets "${text}"`, () =>
        world.agentOf(issue).inputs.some((input) => input.text.includes(text)),
      );
    await heard("It overtakes the assignment.");
    await world.gitHub.send(assigned);
    await heard(`Assignment of pull request octo/app#${pull.number}, by mona`);
    // It is listed and tracked like the agent's own.
    await world.untilStatus(issue, `/pull/${pull.number}) (open`);
    await world.gitHub.closePull(pull, { by: "mona" });
    await heard(`octo/app#${pull.number} was closed without merging by mona`);
    await world.untilStatus(issue, `/pull/${pull.number}) (closed`);
    await allWell(world);
    await world.gitHub.reopenPull(pull, { by: "mona" });
    await heard(`octo/app#${pull.number} was reopened by mona`);
    await world.untilStatus(issue, `/pull/${pull.number}) (open`);
    await allWell(world);
    const eyes = { method: "POST", path: `/repos/octo/app/issues/${pull.number}/reactions` };
    await until("the pull request has 👀", () =>
      world.gitHub.http.calls.some((call) => call.method === eyes.method && call.path === eyes.path),
    );
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Go on here." });
    await heard("Go on here.");
    await failCheck(pull, "It was red before");
    await heard("It was red before");
    // Its own pull request isn't the last one as long as it also works on this one.
    const own = await openPull({ by: agent, base: "next", body: `Part of #${issue.number}.` });
    await world.gitHub.closePull(own, { by: "mona", merged: true });
    await world.untilStatus(issue, `/pull/${own.number}) (merged)`);
    await allWell(world);
    expect(world.statusComments(issue)[0]).not.toContain("paused");

    // A failure is still waiting for another check when the agent is unassigned.
    const waited = world.haveEntered("relay-failure", "Wait for other checks");
    const headSha = pull.shas.at(-1) ?? "";
    const slow = { repo: "octo/app", by: "mona", headSha, name: "slow" };
    await world.gitHub.reportCheck(slow);
    await failCheck(pull, "It is red again");
    await until(
      "the failure waits",
      () => world.haveEntered("relay-failure", "Wait for other checks") > waited,
    );
    await world.gitHub.unassignPull(pull, { by: "mona", assignee: agent });
    const isListed = () => world.statusComments(issue)[0]?.includes(`/pull/${pull.number})`);
    await until("the pull request is no longer listed", () => !isListed());
    await world.gitHub.reportCheck({ ...slow, conclusion: "success" });
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "The agent is not asked any more." });
    await allWell(world);
    const before = world.agentOf(issue).inputs.length;
    await world.gitHub.closePull(pull, { by: "mona" });
    await world.gitHub.reopenPull(pull, { by: "mona" });
    await allWell(world);
    expect(isListed()).toBe(false);
    expect(world.agent(pull.issue)).toBeUndefined();
    expect(world.statusComments(pull.issue)).toEqual([]);
    const texts = world.agentOf(issue).inputs.map(({ text }) => text);
    expect(texts).toHaveLength(before);
    expect(texts.join("\n")).not.toMatch(/is not asked|red again/);
    await assign(pull);
    await world.untilStatus(issue, `/pull/${pull.number}) (open`);
    await heard("Assignment of pull request");
  });

  test("joins the task of its issue for only a review: the agent is told to push nothing there", async () => {
    const issue = await world.runningIssue();
    const pull = await openPull({ body: `Closes #${issue.number}.` });
    const heard = (text: string) =>
      until(
        `the issue's agent gets "${text}"`,
        () => world.agentOf(issue).inputs.find((input) => input.text.includes(text))?.text,
      );
    await world.gitHub.requestReview(pull, { by: "mona", reviewer: agent });
    expect(await heard("Request for your review")).toContain(review);
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Is this fast?" });
    expect(await heard("Is this fast?")).toContain(reviewInstructions.comment);
    await world.gitHub.comment(issue, { by: "mona", body: "Make it fast." });
    expect(await heard("Make it fast.")).toContain(defaultInstructions.comment);
    await assign(pull);
    await heard("Assignment of pull request");
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Now do it." });
    expect(await heard("Now do it.")).toContain(defaultInstructions.comment);
    await world.gitHub.unassignPull(pull, { by: "mona", assignee: agent });
    await heard("Request for your review");
    await allWell(world);
    await world.gitHub.comment({ ...pull }, { by: "mona", body: "Look again." });
    expect(await heard("Look again.")).toContain(reviewInstructions.comment);
  });

  test("is refused, with a remedy, if the person has no permission or the agent cannot push", async () => {
    const foreign = await openPull();
    await assign(foreign, "tim");
    await world.untilStatus(foreign.issue, "Ask one of them to unassign the agent and to assign it again");
    const fork = await fromFork({ maintainerCanModify: false });
    await assign(fork);
    await world.untilStatus(fork.issue, "Allow edits by maintainers");
    const closed = await openPull();
    await world.gitHub.closePull(closed, { by: "mona" });
    await assign(closed);
    await world.untilStatus(closed.issue, "This pull request is closed. Reopen it");
    const own = await openPull({ by: agent });
    await assign(own);
    await world.untilStatus(own.issue, "The agent has opened this pull request itself");
    await allWell(world);
    for (const pull of [foreign, fork, closed, own]) expect(world.agent(pull.issue)).toBeUndefined();

    await world.gitHub.unassignPull(fork, { by: "mona", assignee: agent });
    fork.maintainerCanModify = true;
    await assign(fork);
    await world.untilRunning(fork.issue);
    await world.gitHub.reopenPull(closed, { by: "mona" });
    await world.untilRunning(closed.issue);
    await allWell(world);
  });

  test("gets no task if its end is delivered before its assignment, or its assignment twice", async () => {
    const pull = await openPull();
    const assigned = await assign(pull, "mona", { deliver: false });
    await world.gitHub.closePull(pull, { by: "mona" });
    await allWell(world);
    await world.gitHub.send(assigned);
    await world.gitHub.send(assigned);
    await allWell(world);
    expect(world.agent(pull.issue)).toBeUndefined();
    expect(world.statusComments(pull.issue)).toEqual([]);
  });

  test("gets a task from the factory template if the repository has a config file", async () => {
    await writeConfig(world, "");
    const pull = await openPull();
    await assign(pull);
    await world.untilRunning(pull.issue);
    const prompt = promptOf(pull);
    const words: string = prompt.startsWith("{") ? JSON.parse(prompt).ai_prompt : prompt;
    expect(words).toContain(
      [
        `PULL_REQUEST_URL: https://github.com/octo/app/pull/${pull.number}`,
        "REPO_OWNER: octo",
        "REPO_NAME: app",
        `PULL_REQUEST_NUMBER: ${pull.number}`,
        "REQUESTER: mona",
        "",
        work,
      ].join("\n"),
    );
    await allWell(world);
  });
});
