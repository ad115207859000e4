import { beforeAll, describe, expect, test } from "@jest/globals";
import type { GivenPull } from "../../../lambdas/github/given-pull.js";
import type { IssueEvent, PullAsk } from "../../../lambdas/model/event.js";
import type { judgePull } from "../../../lambdas/tasks/pull-now.js";

const agent = 9;
const assigned: GivenPull = {
  author: 5,
  assignees: [agent],
  reviewers: [],
  isOpen: true,
  isMerged: false,
  updatedAt: "2026-11-26T08:00:00Z",
  fork: undefined,
  isOpenToMaintainers: false,
};
const reviewed: GivenPull = { ...assigned, assignees: [], reviewers: [5, agent] };
const closed = { isOpen: false };

let judge: typeof judgePull;
beforeAll(async () => {
  Object.assign(process.env, {
    AGENT_GITHUB_USERNAME: "coder-agent",
    AWS_REGION: "us-east-1",
    GITHUB_APP_SECRET_ARN: "githubApp",
    TABLE_NAME: "relay",
  });
  ({ judgePull: judge } = await import("../../../lambdas/tasks/pull-now.js"));
});

const asked = (
  pull: GivenPull,
  ask: PullAsk,
  more: object = {},
  type: IssueEvent["type"] = "task_requested",
) =>
  judge(pull, agent, {
    type,
    issue: { number: 7, title: "", url: "https://github.com/octo/app/pull/7", ask, ...more },
  });

describe("a pull request that the agent is given", () => {
  test("is wanted as long as it is open and the same is asked", () => {
    expect(asked(assigned, "work")).toEqual({ isWanted: true, objection: "" });
    expect(asked(reviewed, "review")).toEqual({ isWanted: true, objection: "" });
    expect(asked(reviewed, "work").isWanted).toBe(false);
    // An assigned agent works on it, even if its review is also requested.
    expect(asked({ ...assigned, reviewers: [agent] }, "review").isWanted).toBe(false);
    expect(asked({ ...assigned, assignees: [5] }, "work").isWanted).toBe(false);
    expect(asked({ ...assigned, ...closed }, "work")).toEqual({ isWanted: false, objection: "" });
  });

  test("does not end while the agent is asked for anything", () => {
    expect(asked(reviewed, "work", {}, "task_closed").isWanted).toBe(true);
    expect(asked({ ...reviewed, reviewers: [] }, "review", {}, "task_closed").isWanted).toBe(false);
    expect(asked({ ...assigned, ...closed }, "work", {}, "task_closed").isWanted).toBe(false);
  });

  test("is refused if it was already closed, or if it is the agent's own", () => {
    const wasClosed = { isClosed: true };
    expect(asked({ ...assigned, ...closed }, "work", wasClosed).objection).toContain("Reopen it");
    expect(asked({ ...reviewed, ...closed, isMerged: true }, "review", wasClosed).objection).toContain(
      "is merged. Open an issue",
    );
    // It was reopened in the meantime.
    expect(asked(assigned, "work", wasClosed).objection).toBe("");
    expect(asked({ ...assigned, author: agent }, "work").objection).toContain(
      "has opened this pull request itself",
    );
  });

  test("is refused if its branch is in a fork to which the agent can't push, except for a review", () => {
    const fork = { fork: "contributor/app" };
    expect(asked({ ...assigned, ...fork }, "work").objection).toMatch(
      /the fork contributor\/app.*Allow edits by maintainers.*Unassign the agent and assign it again afterwards\. Or request/,
    );
    expect(asked({ ...assigned, fork: "" }, "work").objection).toContain("a fork that is gone");
    expect(asked({ ...assigned, ...fork, isOpenToMaintainers: true }, "work").objection).toBe("");
    expect(asked({ ...reviewed, ...fork }, "review").objection).toBe("");
  });
});
