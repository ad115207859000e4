import type * as z from "zod/mini";
import type { Person } from "../model/event.js";
import { cutToLimit } from "../text/limits.js";
import { failures, reported } from "./checks.js";
import type { Classification, CommonFields, Identities } from "./classification.js";
import { parsePayload } from "./parse-payload.js";
import { ghost } from "./payload-fields.js";
import { workflowRunSchema } from "./payloads.js";

/** Names are stored unchanged, as the config file and git use them. They are cleaned before they are shown. */
const nameLimit = { max: 256, unit: "codePoints" } as const;

/**
 * A failed workflow run, or one that waits for approval, which GitHub reports as completed or as requested. The flow asks
 * GitHub whether it is about one of the agent's pull requests.
 */
export function classifyRun(
  action: string,
  payload: unknown,
  common: CommonFields,
  _identities: Identities,
): Classification {
  const { workflow_run: run } = parsePayload(workflowRunSchema, payload);
  const conclusion = run.conclusion ?? "none";
  if (conclusion === "action_required") {
    return reported(common, run.updated_at, {
      kind: "workflow_run",
      id: run.id,
      name: nameOf(run),
      headSha: run.head_sha,
      needsApproval: true,
      isInFork: run.pull_requests.length === 0,
    });
  }
  if (action !== "completed") return { skipped: `the run is only ${action}` };
  if (!failures.includes(conclusion)) return { skipped: `the run's conclusion is ${conclusion}` };
  if (!run.head_repository) return { skipped: "the repository of the run's head is gone" };
  const headOwner = run.head_repository.owner?.login;
  if (headOwner == null) return { skipped: "the repository of the run's head has no owner" };
  if (!run.head_branch) return { skipped: "the run has no branch" };
  return {
    event: {
      ...common,
      type: "check_failed",
      at: run.updated_at,
      run: {
        id: run.id,
        attempt: run.run_attempt,
        workflowId: run.workflow_id,
        workflow: nameOf(run),
        url: run.html_url,
        conclusion,
        ...(run.event && { event: run.event }),
        actors: actorsOf(run),
        branch: cutToLimit(run.head_branch, nameLimit),
        headSha: run.head_sha,
        headRepository: { id: run.head_repository.id, owner: headOwner },
        pulls: run.pull_requests.map(({ number }) => number).slice(0, 100),
      },
    },
  };
}

type WorkflowRun = z.output<typeof workflowRunSchema>["workflow_run"];

function nameOf({ name }: WorkflowRun): string {
  return cutToLimit(name?.trim() ?? "", nameLimit) || "workflow";
}

/** The people behind a run, each only once. */
function actorsOf({ actor, triggering_actor: restarter }: WorkflowRun): Person[] {
  const all = [actor, restarter].filter((person) => person !== ghost);
  return all.filter(({ id }, index) => all.findIndex((other) => other.id === id) === index);
}
