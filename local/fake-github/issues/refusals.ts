import { GitHubError } from "../rest/rest.js";

/** @throws GitHubError 403 if the conversation is locked. */
export function checkUnlocked({ locked }: { locked: boolean }, what: string): void {
  if (locked) throw new GitHubError(403, `Unable to ${what} because issue is locked.`);
}

export const issuesDisabled = (): GitHubError => new GitHubError(410, "Issues are disabled for this repo");
