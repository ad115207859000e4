import type { FlowName } from "../../infra/definition/action-spec.js";
import { age } from "../frame/time.js";
import { executions, failedExecutions } from "../operations/executions.js";
import { type Check, type CheckGroup, fault, faultsOr, ok } from "./finding.js";
import { recurring } from "./recurring.js";

const hourMs = 3_600_000;

/** The longest that a healthy run of each flow can take: an agent can be busy for a day, and its turn can last days. */
const longestMs: Partial<Record<string, number>> = {
  "drain-inbox": 25 * hourMs,
  "track-pull": 25 * hourMs,
  "follow-task": 5 * 24 * hourMs,
} satisfies Partial<Record<FlowName, number>>;
const otherwiseMs = 2 * hourMs;

const stuck: Check = {
  name: "Running",
  async run(deployment) {
    const running = await executions(deployment, "RUNNING");
    const late = running.filter(
      ({ flow, startedAt }) => Date.now() - startedAt.getTime() > (longestMs[flow] ?? otherwiseMs),
    );
    return faultsOr(
      late.map(({ name, startedAt }) =>
        fault(
          `${name} has run for ${age(startedAt)}`,
          "Find out in the Step Functions console which state repeats, and why (docs/operations.md).",
        ),
      ),
      `${running.length} runs, none for too long`,
    );
  },
};

const failed: Check = {
  name: "Failed",
  async run(deployment) {
    const found = await failedExecutions(deployment, new Date(Date.now() - 24 * hourMs));
    if (found.length === 0) return [ok("no run within a day")];
    const errors = [...new Set(found.map(({ error }) => error))].join(", ");
    return [
      fault(
        `${found.length} runs within a day: ${errors}`,
        "See npm run relay -- failed. Fix the cause, then npm run relay -- redrive --all-since 1d.",
      ),
    ];
  },
};

export const runChecks: CheckGroup = { gate: recurring, checks: [stuck, failed] };
