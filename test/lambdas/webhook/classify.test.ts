import { describe, expect, test } from "@jest/globals";
import examples from "@octokit/webhooks-examples/api.github.com/index.json" with { type: "json" };
import { classify } from "../../../lambdas/webhook/classify.js";
import { PayloadError } from "../../../lambdas/webhook/parse-payload.js";

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

interface Payload {
  action: string;
  installation?: { id: number };
  assignee?: { login: string; id?: number } | null;
  issue: { assignees: { login: string }[]; [field: string]: unknown };
  repository: Record<string, unknown>;
  [field: string]: unknown;
}

/** GitHub's example of a delivery, as an App receives it; the package has no example of `closed`. */
function example(event: string, action: string, changes: Partial<Payload> = {}): Payload {
  const all = examples.find(({ name }) => name === event)?.examples as unknown[] as Payload[];
  const found = all.find((payload) => payload.action === action) ?? all[0];
  if (!found) throw new Error(`no example of ${event}`);
  return { ...structuredClone(found), action, installation: { id: 7 }, ...changes };
}

const settings = { agent: "Codertocat" };

describe("an issues delivery from GitHub's examples", () => {
  test("assigned to the agent requests a task, in any case of the login", () => {
    const payload = example("issues", "assigned", { assignee: { login: "CODERTOCAT" } });
    expect(classify("issues", delivery, payload, settings)).toEqual({
      event: {
        type: "task_requested",
        delivery,
        installation: 7,
        repository: {
          id: 186853002,
          owner: "Codertocat",
          ownerId: 21031067,
          name: "Hello-World",
          private: false,
        },
        sender: { id: 21031067, login: "Codertocat", type: "User" },
        issue: {
          number: 1,
          title: "Spelling error in the README file",
          url: "https://github.com/Codertocat/Hello-World/issues/1",
          comments: 0,
        },
        at: payload.issue.updated_at,
      },
    });
  });

  test("assigned is matched by the agent's id once it is known, not by the login", () => {
    const agent = { agent: "coder-agent", agentId: 7 };
    const taken = example("issues", "assigned", { assignee: { login: "coder-agent", id: 8 } });
    expect(classify("issues", delivery, taken, agent)).toEqual({
      skipped: "assigned: the assignee is not the agent",
    });
    const renamed = example("issues", "assigned", { assignee: { login: "renamed", id: 7 } });
    expect(classify("issues", delivery, renamed, agent)).toMatchObject({ event: { type: "task_requested" } });
  });

  test.each(["assigned", "unassigned"])("%s without an assignee is skipped", (action) => {
    const payload = example("issues", action, { assignee: null });
    expect(classify("issues", delivery, payload, settings)).toEqual({
      skipped: `${action}: the assignee is not the agent`,
    });
  });

  test("an event without a sender is skipped, and a list of assignees may have gaps", () => {
    const payload = example("issues", "reopened", { sender: undefined });
    payload.issue.assignees = [null, { login: "codertocat" }] as { login: string }[];
    expect(classify("issues", delivery, payload, settings)).toEqual({
      skipped: "reopened: GitHub does not say who has done it",
    });
  });

  test("assigned to somebody else is skipped", () => {
    const payload = example("issues", "assigned", { assignee: { login: "octocat" } });
    expect(classify("issues", delivery, payload, settings)).toHaveProperty("skipped");
  });

  test.each(["closed", "deleted", "transferred"])("%s closes the task, with its reason", (action) => {
    expect(classify("issues", delivery, example("issues", action), settings)).toMatchObject({
      event: { type: "task_closed", reason: action },
    });
  });

  test("unassigned from the agent closes the task with that reason", () => {
    const payload = example("issues", "unassigned", { assignee: { login: "codertocat" } });
    expect(classify("issues", delivery, payload, settings)).toMatchObject({
      event: { type: "task_closed", reason: "unassigned", agentAssigned: true },
    });
  });

  test("reopened requests a task only if the agent is among the assignees", () => {
    const payload = example("issues", "reopened");
    payload.issue.assignees = [{ login: "octocat" }];
    expect(classify("issues", delivery, payload, settings)).toHaveProperty("skipped");
    payload.issue.assignees.push({ login: "codertocat" });
    expect(classify("issues", delivery, payload, settings)).toMatchObject({
      event: { type: "task_requested" },
    });
  });

  test("without an installation is skipped", () => {
    const payload = example("issues", "closed");
    delete payload.installation;
    expect(classify("issues", delivery, payload, settings)).toMatchObject({
      skipped: expect.stringContaining("installation"),
    });
  });
});

test("each of GitHub's examples is skipped with a reason or is an event", () => {
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const classified = classify(
        name,
        delivery,
        { installation: { id: 1 }, ...payload },
        { agent: "nobody" },
      );
      if ("skipped" in classified) expect(classified.skipped).not.toBe("");
      else
        expect([
          "task_closed",
          "comment_posted",
          "comment_withdrawn",
          "check_failed",
          "check_reported",
          "config_push",
          "config_proposed",
          "repositories_added",
          "repositories_removed",
        ]).toContain(classified.event.type);
    }
  }
});

describe("a comment", () => {
  const said = (event: string, action: string, changes: Partial<Payload> = {}) =>
    classify(event, delivery, example(event, action, changes), { agent: "Codertocat-agent", appId: 99 });

  test("on an issue is an event with its text", () => {
    expect(said("issue_comment", "created")).toMatchObject({
      event: { type: "comment_posted", subject: { kind: "issue", number: 1 }, comment: { kind: "comment" } },
    });
  });

  test("that is deleted is an event that withdraws it", () => {
    expect(said("issue_comment", "deleted")).toMatchObject({ event: { type: "comment_withdrawn" } });
  });

  test("that the agent deletes is withdrawn, unless the agent or the App wrote it", () => {
    const comment = example("issue_comment", "deleted").comment as object;
    const sender = { id: 9, login: "codertocat-agent", type: "User" };
    const deleted = (more: object) =>
      said("issue_comment", "deleted", { sender, comment: { ...comment, ...more } });
    expect(deleted({})).toMatchObject({ event: { type: "comment_withdrawn" } });
    expect(deleted({ user: sender })).toEqual({ skipped: "the agent has written it" });
    expect(deleted({ performed_via_github_app: { id: 99 } })).toEqual({ skipped: "the App has written it" });
  });

  test("is an event if an edit changes any part of it, even one that is cut off, and only then", () => {
    const edited = (from: string, now: string) => {
      const { comment } = example("issue_comment", "edited");
      const changes = { body: { from } };
      return said("issue_comment", "edited", { changes, comment: { ...(comment as object), body: now } });
    };
    const long = (word: string) => `${"漢".repeat(60_000)} use a ${word}`;
    expect(edited(long("set"), long("map"))).toHaveProperty("event");
    for (const [from, now] of [
      [long("map"), long("map")],
      ["one\r\ntwo", "one\ntwo"],
    ] as const) {
      expect(edited(from, now)).toEqual({ skipped: "the edit did not change the text" });
    }
  });

  test("on lines of the agent's pull request has file and line", () => {
    const payload = example("pull_request_review_comment", "created");
    const classified = classify("pull_request_review_comment", delivery, payload, { agent: "Codertocat" });
    // In GitHub's example, the pull request's author is the commenter.
    expect(classified).toEqual({ skipped: "the agent has written it" });
    payload.comment = { ...(payload.comment as object), user: { login: "mona" }, line: 5, start_line: 3 };
    payload.sender = { id: 3, login: "mona", type: "User" };
    expect(classify("pull_request_review_comment", delivery, payload, { agent: "Codertocat" })).toMatchObject(
      {
        event: { comment: { kind: "review_comment", path: "README.md", line: 5, startLine: 3 } },
      },
    );
  });

  describe("that is the text of a review", () => {
    const submitted_at = "2026-11-22T10:00:00Z";
    const updated_at = "2026-11-22T11:00:00Z";
    const reviewed = (action: string, review: object, from?: string) => {
      const { review: shown, ...payload } = example("pull_request_review", action, {
        ...(from !== undefined && { changes: { body: { from } } }),
        sender: { id: 3, login: "mona", type: "User" },
      });
      const user = { id: 3, login: "mona", type: "User" };
      const fields = { ...(shown as object), user, submitted_at, updated_at, ...review };
      const all = { ...payload, action, review: fields };
      return classify("pull_request_review", delivery, all, { agent: "Codertocat" });
    };

    test("is an event when it is submitted or edited; each edit is a newer version", () => {
      expect(reviewed("submitted", { body: "one" })).toMatchObject({
        event: { comment: { body: "one", updatedAt: submitted_at } },
      });
      expect(reviewed("edited", { body: "two" }, "one")).toMatchObject({
        event: { comment: { body: "two", previousBody: "one", updatedAt: updated_at } },
      });
      expect(reviewed("edited", { body: "two", updated_at: undefined }, "one")).toMatchObject({
        event: { comment: { body: "two", updatedAt: submitted_at } },
      });
    });

    test("is an event even if nothing is left of it, but not if it never had a text", () => {
      const now = { body: null, state: "commented" };
      expect(reviewed("edited", now, "one")).toMatchObject({ event: { comment: { previousBody: "one" } } });
      expect(reviewed("submitted", now)).toHaveProperty("skipped");
      expect(reviewed("edited", now)).toEqual({ skipped: "the edit did not change the text" });
    });
  });

  test("by the App itself is skipped, by its id and by the mark of its status comment", () => {
    const posted = (comment: object) => {
      const payload = example("issue_comment", "created");
      payload.comment = { ...(payload.comment as object), ...comment };
      payload.sender = { id: 4, login: "relay[bot]", type: "Bot" };
      return classify("issue_comment", delivery, payload, { agent: "nobody", appId: 99 });
    };
    expect(posted({ performed_via_github_app: { id: 99 } })).toEqual({ skipped: "the App has written it" });
    expect(posted({ body: "<!-- coder-task-relay:status -->" })).toEqual({
      skipped: "the App has written it",
    });
    expect(posted({ performed_via_github_app: { id: 98 } })).toHaveProperty("event");
  });
});

describe("a report of other CI", () => {
  const of = (event: string, action: string, changes: Partial<Payload>) =>
    classify(event, delivery, example(event, action, { installation: { id: 1 }, ...changes }), {
      agent: "nobody",
      appId: 99,
    });
  const run = (more: object) => {
    const completed = example("check_run", "completed").check_run as object;
    return of("check_run", "completed", { check_run: { ...completed, conclusion: "failure", ...more } });
  };

  test("is an event if it is a failure or waits for approval, without the fields that the flow reads itself", () => {
    const app = { id: 7, slug: "some-ci" };
    expect(run({ app, name: "build", check_suite: { head_branch: "fix" } })).toMatchObject({
      event: { type: "check_reported", report: { kind: "check_run", name: "build", isInFork: false } },
    });
    expect(run({ app, check_suite: { head_branch: null } })).toMatchObject({
      event: { report: { isInFork: true, needsApproval: false } },
    });
    expect(run({ app, conclusion: "action_required" })).toMatchObject({
      event: { report: { needsApproval: true } },
    });
    expect(of("status", "", { state: "error", branches: [] })).toMatchObject({
      event: { report: { kind: "status", name: "default", isInFork: true } },
    });
    const waiting = { ...(example("workflow_run", "requested").workflow_run as object) };
    for (const action of ["requested", "completed"]) {
      const workflow_run = { ...waiting, conclusion: "action_required" };
      expect(of("workflow_run", action, { workflow_run })).toMatchObject({
        event: { type: "check_reported", report: { kind: "workflow_run", needsApproval: true } },
      });
    }
  });

  test("is skipped if it is no failure, comes from Actions or the App itself, or is not final", () => {
    const skipped = (classified: object) => (classified as { skipped: string }).skipped;
    expect(skipped(run({ conclusion: "cancelled" }))).toBe("the run's conclusion is cancelled");
    expect(skipped(run({ app: { id: 1, slug: "github-actions" } }))).toContain("Actions");
    expect(skipped(run({ app: { id: 99, slug: "relay" } }))).toContain("own");
    expect(skipped(of("status", "", { state: "pending" }))).toBe("the status is pending");
    expect(skipped(of("check_run", "created", {}))).toContain("check_run.created");
    expect(skipped(of("workflow_run", "requested", {}))).toContain("only requested");
  });
});

describe("a payload that lacks what we need", () => {
  test("is refused with the path and the expectation of every fault, without any value", () => {
    const payload = example("issues", "closed");
    payload.repository = { ...payload.repository, id: "the-secret-value", private: undefined };
    payload.issue.number = -5;
    const faults = faultsOf(() => classify("issues", delivery, payload, settings));
    expect(faults).toEqual(["repository.id: expected number", "repository.private: expected boolean"]);
    payload.repository = { ...payload.repository, id: 5, private: true };
    expect(faultsOf(() => classify("issues", delivery, payload, settings))).toEqual([
      "issue.number: expected more than 0",
    ]);
  });

  test.each([[null], [[]], ["text"], [5], [{}]])("%j is skipped because it names no action", (payload) => {
    expect(classify("issues", delivery, payload, settings)).toHaveProperty("skipped");
  });
});

function faultsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof PayloadError) return error.faults;
    throw error;
  }
  throw new Error("nothing was refused");
}
