import { describe, expect, test } from "@jest/globals";
import examples from "@octokit/webhooks-examples/api.github.com/index.json" with { type: "json" };
import { pullKey } from "../../../lambdas/model/record.js";
import { classify } from "../../../lambdas/webhook/classify.js";

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const agent = { id: 9, login: "coder-agent", type: "User" };
const mona = { id: 5, login: "mona", type: "User" };

interface Given {
  assignees?: object[];
  reviewers?: object[];
  by?: object | null;
  opener?: object;
  state?: string;
}

/** GitHub's example of the action. Its pull request #2 is somebody else's. */
function classified(
  action: string,
  {
    assignees = [],
    reviewers = [],
    by = mona,
    opener = mona,
    state = "open",
    ...more
  }: Given & Record<string, unknown> = {},
) {
  const all = examples.find(({ name }) => name === "pull_request")?.examples as unknown[] as {
    action: string;
    pull_request: object;
  }[];
  const found = all.find((payload) => payload.action === action);
  if (!found) throw new Error(`no example of ${action}`);
  const pull = { ...found.pull_request, assignees, requested_reviewers: reviewers, user: opener, state };
  const payload = { ...found, installation: { id: 7 }, sender: by, pull_request: pull, ...more };
  return classify("pull_request", delivery, payload, { agent: "coder-agent", agentId: agent.id });
}

describe("somebody else's pull request", () => {
  test("is given to the agent by assigning it, which asks for work, or by requesting its review", () => {
    expect(classified("assigned", { assignee: agent, assignees: [agent] })).toMatchObject({
      event: {
        type: "task_requested",
        delivery,
        installation: 7,
        sender: mona,
        issue: {
          number: 2,
          title: "Update the README with new information.",
          url: "https://github.com/Codertocat/Hello-World/pull/2",
          comments: 0,
          ask: "work",
        },
        at: "2019-05-15T15:20:33Z",
      },
    });
    const requested = classified("review_requested", { requested_reviewer: agent, reviewers: [agent] });
    expect(requested).toMatchObject({ event: { type: "task_requested", issue: { ask: "review" } } });
    expect(requested).not.toHaveProperty("ifGiven");
    const closed = classified("assigned", { assignee: agent, assignees: [agent], state: "closed" });
    expect(closed).toMatchObject({ event: { issue: { isClosed: true } } });
  });

  test("is taken away in the same two ways, unless the agent is still asked in the other one", () => {
    expect(classified("unassigned", { assignee: agent })).toMatchObject({
      event: { type: "task_closed", reason: "unassigned", agentAssigned: true, issue: { ask: "work" } },
    });
    expect(classified("review_request_removed", { requested_reviewer: agent })).toMatchObject({
      event: { type: "task_closed", reason: "unassigned", issue: { ask: "review" } },
    });
    expect(classified("unassigned", { assignee: agent, reviewers: [agent] })).toMatchObject({
      event: { type: "task_requested", issue: { ask: "review" } },
    });
    for (const action of ["review_requested", "review_request_removed"]) {
      expect(classified(action, { requested_reviewer: agent, assignees: [agent] })).toEqual({
        skipped: `${action}: the agent is assigned, so it works on it`,
      });
    }
  });

  test("ends its task when it is closed, and asks for it again when it is reopened", () => {
    const ended = { type: "task_closed", reason: "closed" };
    const asked = classified("closed", { assignees: [agent] });
    expect(asked).toMatchObject({ event: { ...ended, agentAssigned: true } });
    expect(asked).not.toHaveProperty("ifGiven");
    // Only the table knows whether the agent has submitted its review or was never given the pull request.
    expect(classified("closed")).toMatchObject({
      event: { ...ended, agentAssigned: false },
      ifGiven: pullKey(186853002, 2),
    });
    expect(classified("reopened", { reviewers: [agent] })).toMatchObject({
      event: { type: "config_proposed" },
      others: [{ type: "task_requested", issue: { ask: "review" } }],
    });
    expect(classified("reopened")).toMatchObject({ others: [] });
  });

  test("is not given by assigning others, by a request to a team, by the agent itself, or by nobody", () => {
    expect(classified("assigned", { assignee: mona, assignees: [mona] })).toHaveProperty("skipped");
    expect(
      classified("review_requested", { requested_reviewer: undefined, requested_team: { id: 9 } }),
    ).toHaveProperty("skipped");
    expect(classified("assigned", { assignee: agent, assignees: [agent], by: null })).toEqual({
      skipped: "assigned: GitHub does not say who has done it",
    });
    const own = { assignee: agent, assignees: [agent], opener: agent };
    expect(classified("assigned", { ...own, by: agent })).toHaveProperty("skipped");
    expect(classified("unassigned", { ...own, assignees: [] })).toHaveProperty("skipped");
    // The flow refuses this and says what to do instead.
    expect(classified("assigned", own)).toMatchObject({ event: { type: "task_requested" } });
  });
});

test.each(["pull_request_review", "pull_request_review_comment", "issue_comment"])(
  "a %s on somebody else's pull request counts only if the agent was given it",
  (event) => {
    const all = examples.find(({ name }) => name === event)?.examples as unknown[] as Record<
      string,
      object
    >[];
    const [found = {}] = all;
    const payload: Record<string, object> = { ...found, installation: { id: 7 } };
    if (payload.issue) payload.issue = { ...payload.issue, pull_request: {} };
    if (payload.review) payload.review = { ...payload.review, body: "Please look." };
    const { number } = (payload.issue ?? payload.pull_request) as { number: number };
    const said = event === "pull_request_review" ? "submitted" : "created";
    expect(classify(event, delivery, { ...payload, action: said }, { agent: "coder-agent" })).toMatchObject({
      event: { subject: { kind: "pull", number } },
      ifGiven: pullKey(186853002, number),
    });
    if (event !== "pull_request_review") {
      // The agent may be given it before the deleted comment is delivered.
      const deleted = classify(event, delivery, { ...payload, action: "deleted" }, { agent: "coder-agent" });
      expect(deleted).toMatchObject({
        event: { type: "comment_withdrawn", subject: { kind: "pull", number } },
      });
      expect(deleted).not.toHaveProperty("ifGiven");
    }
    expect(
      classify(event, delivery, { ...payload, action: "created" }, { agent: "Codertocat" }),
    ).not.toHaveProperty("ifGiven");
    // The record may not yet say what the payload says.
    const agent = { id: 5, login: "coder-agent" };
    const commented = payload.issue ?? payload.pull_request;
    for (const asked of [
      { assignees: [agent] },
      ...(payload.issue ? [] : [{ requested_reviewers: [agent] }]),
    ]) {
      const given = { ...payload, [payload.issue ? "issue" : "pull_request"]: { ...commented, ...asked } };
      expect(classify(event, delivery, { ...given, action: said }, { agent: "coder-agent" })).toEqual({
        event: expect.objectContaining({ type: "comment_posted", agentAssigned: true }),
      });
    }
  },
);
