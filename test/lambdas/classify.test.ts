import { describe, expect, test } from "@jest/globals";
import examples from "@octokit/webhooks-examples/api.github.com/index.json" with { type: "json" };
import { classify } from "../../lambdas/events/classify.js";
import { PayloadError } from "../../lambdas/events/payloads.js";

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

interface Payload {
  action: string;
  installation?: { id: number };
  assignee?: { login: string };
  issue: { assignees: { login: string }[]; [field: string]: unknown };
  repository: Record<string, unknown>;
  [field: string]: unknown;
}

/** GitHub's own example of a delivery, as it would come through an App; the package has none of `closed`. */
function example(event: string, action: string, changes: Partial<Payload> = {}): Payload {
  const all = examples.find(({ name }) => name === event)?.examples as unknown[] as Payload[];
  const found = all.find((payload) => payload.action === action) ?? all[0];
  if (!found) throw new Error(`no example of ${event}`);
  return { ...structuredClone(found), action, installation: { id: 7 }, ...changes };
}

const settings = { agent: "Codertocat" };

describe("an issues delivery of GitHub's examples", () => {
  test("assigned to the agent requests a task, whatever the case of the login", () => {
    const payload = example("issues", "assigned", { assignee: { login: "CODERTOCAT" } });
    expect(classify("issues", delivery, payload, settings)).toEqual({
      event: {
        type: "task_requested",
        delivery,
        installation: 7,
        repository: { id: 186853002, owner: "Codertocat", name: "Hello-World", private: false },
        sender: { id: 21031067, login: "Codertocat", type: "User" },
        issue: {
          number: 1,
          title: "Spelling error in the README file",
          url: "https://github.com/Codertocat/Hello-World/issues/1",
        },
        at: payload.issue.updated_at,
      },
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

  test("reopened requests a task only where the agent is among the assignees", () => {
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

test("every other example of GitHub's is skipped with a reason, or is a task's end", () => {
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const classified = classify(
        name,
        delivery,
        { installation: { id: 1 }, ...payload },
        { agent: "nobody" },
      );
      if ("skipped" in classified) expect(classified.skipped).not.toBe("");
      else expect(classified.event.type).toBe("task_closed");
    }
  }
});

describe("a payload that lacks what we need", () => {
  test("is refused with path and expectation of every fault, and without any value", () => {
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

  test.each([[null], [[]], ["text"], [5], [{}]])("%j is skipped, for it names no action", (payload) => {
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
