import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { eventSchema } from "../../../lambdas/model/relay-event.js";
import type { Classification } from "../../../lambdas/webhook/classification.js";
import { classify } from "../../../lambdas/webhook/classify.js";
import { PayloadError } from "../../../lambdas/webhook/parse-payload.js";
import { WebhookSchemas } from "./schemas.js";

/** The handled events and their actions. */
const handled: Record<string, string[]> = {
  issues: ["assigned", "unassigned", "reopened", "closed", "deleted", "transferred"],
  issue_comment: ["created", "edited", "deleted"],
  pull_request_review_comment: ["created", "edited", "deleted"],
  pull_request_review: ["submitted", "edited"],
  workflow_run: ["completed"],
  push: [""],
  pull_request: ["opened", "reopened", "synchronize", "ready_for_review"],
  installation: ["created", "deleted", "suspend", "unsuspend"],
  installation_repositories: ["added", "removed"],
};
const webhooks = Object.entries(handled).flatMap(([event, actions]) =>
  actions.map((action): [string, string] => [
    event,
    [event, action]
      .filter((part) => part !== "")
      .join("-")
      .replaceAll("_", "-"),
  ]),
);

const delivery = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const identities = { agent: "coder-agent", appId: 2 };

/** Classifies a payload as the webhook does, which must never answer 400 to a payload that GitHub may send. */
function taken(event: string, payload: object, agentId: number | undefined): Classification {
  try {
    return classify(event, delivery, { installation: { id: 1 }, ...payload }, { ...identities, agentId });
  } catch (error) {
    if (error instanceof PayloadError && error.isWellFormed) return { skipped: error.message };
    throw error;
  }
}

/** Makes a push go to the default branch, which is rare among random payloads. */
function toDefaultBranch(payload: Record<string, unknown>): object {
  if (!("ref" in payload)) return payload;
  const repository = { ...(payload.repository as object), default_branch: "main" };
  return { ...payload, ref: "refs/heads/main", deleted: false, repository };
}

describe.each(["api.github.com", "ghes-3.19"] as const)("by the schemas of %s", (version) => {
  const schemas = new WebhookSchemas(version);

  test.each(webhooks)("%s: any payload of %s is an event or is skipped with a reason", (event, name) => {
    fc.assert(
      fc.property(schemas.payloads(name), fc.constantFrom(undefined, 1, 2), (payload, agentId) => {
        const classified = taken(event, payload, agentId);
        if ("skipped" in classified) expect(classified.skipped).not.toBe("");
        else expect(eventSchema.safeParse(classified.event).error).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  /** Tries ten payloads at a time, because few are usually needed. */
  const isEverAnEvent = (event: string, name: string) =>
    Array.from({ length: 30 }, (_, seed) => seed).some((seed) =>
      fc
        .sample(schemas.payloads(name), { seed, numRuns: 10 })
        .some((payload) => "event" in taken(event, toDefaultBranch(payload), 1)),
    );

  test("payloads of every event become events", () => {
    for (const [event, name] of webhooks) {
      expect([name, isEverAnEvent(event, name)]).toEqual([name, true]);
    }
  });
});
