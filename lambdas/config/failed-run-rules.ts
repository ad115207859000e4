import { parseBranchPattern } from "./branch-pattern.js";
import type { FailedRunRule, RepoConfig } from "./repo-config.js";

/** A run of a workflow, as a `workflow_run` webhook names it. */
export interface FailedRun {
  /** The workflow's name as GitHub shows it; case matters. */
  workflow: string;
  /** The head branch, without `refs/heads/`. */
  branch: string;
  /** GitHub's name of the event that started the run; a run without one matches no rule. */
  event?: string | undefined;
}

/** The first rule of the file that names the workflow and the event and includes the branch. */
export function matchingRule(config: RepoConfig, run: FailedRun): FailedRunRule | undefined {
  return config.on_event.failed_run.find(
    ({ workflows, branches, events }) =>
      workflows.includes(run.workflow) &&
      events.some((event) => event === run.event) &&
      letsIn(branches, run.branch),
  );
}

/** The last pattern that matches decides, as in GitHub's workflow filters. */
function letsIn(patterns: readonly string[], branch: string): boolean {
  let isIn = false;
  for (const text of patterns) {
    const pattern = parseBranchPattern(text);
    if (!("fault" in pattern) && pattern.matches(branch)) isIn = !pattern.excludes;
  }
  return isIn;
}
