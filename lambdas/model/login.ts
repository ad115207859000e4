/** GitHub's logins are unique without regard to case. People are compared by their ids: a login can be taken over. */
export function isSameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
