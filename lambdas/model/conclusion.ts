/**
 * Whether GitHub treats the outcome of a check run, workflow run or status as successful, as it does for required checks:
 * https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches#require-status-checks-before-merging
 * REST and GraphQL spell outcomes differently. `null`: there is none yet.
 */
export function isSuccessful(conclusion: string | null): boolean {
  return ["success", "neutral", "skipped"].includes(conclusion?.toLowerCase() ?? "");
}
