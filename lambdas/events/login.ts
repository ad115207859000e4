/** `dependabot[bot]` and `dependabot` name the same bot. */
export function botName(login: string): string {
  return login.replace(/\[bot\]$/i, "");
}

/** GitHub's logins are unique without regard to case. */
export function isSameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
