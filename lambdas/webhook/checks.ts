import type { CheckReported } from "../model/event.js";
import type { Classification, CommonFields, Identities } from "./classification.js";
import { parsePayload } from "./parse-payload.js";
import { checkRunSchema, statusSchema } from "./payloads.js";

/** The conclusions of a failed run. */
export const failures = ["failure", "timed_out", "startup_failure"];

/** A completed check run of another App. GitHub Actions also reports its own as workflow runs. */
export function classifyCheckRun(
  _action: string,
  payload: unknown,
  common: CommonFields,
  { appId }: Identities,
): Classification {
  const { check_run: run } = parsePayload(checkRunSchema, payload);
  const conclusion = run.conclusion ?? "none";
  const needsApproval = conclusion === "action_required";
  if (!needsApproval && !failures.includes(conclusion)) {
    return { skipped: `the run's conclusion is ${conclusion}` };
  }
  if (run.app?.slug === "github-actions") return { skipped: "Actions reports workflow runs" };
  if (run.app?.id != null && run.app.id === appId) return { skipped: "the check run is the App's own" };
  const isInFork = run.check_suite?.head_branch == null;
  const report = { id: run.id, name: run.name, headSha: run.head_sha, needsApproval, isInFork };
  return reported(common, run.completed_at, { kind: "check_run", ...report });
}

/** A commit status, from CI that doesn't use check runs. It names no pull request. */
export function classifyStatus(
  _action: string,
  payload: unknown,
  common: CommonFields,
  _identities: Identities,
): Classification {
  const { id, sha, context, state, updated_at, branches } = parsePayload(statusSchema, payload);
  if (state !== "failure" && state !== "error") return { skipped: `the status is ${state}` };
  return reported(common, updated_at, {
    kind: "status",
    id,
    name: context,
    headSha: sha,
    needsApproval: false,
    isInFork: branches.length === 0,
  });
}

/** The event of a report on a commit. `at` is when it was made. */
export function reported(common: CommonFields, at: string, report: CheckReported["report"]): Classification {
  return { event: { ...common, type: "check_reported", at, report } };
}
