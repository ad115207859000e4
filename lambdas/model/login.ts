/**
 * GitHub's logins are unique regardless of case. To compare people, use their ids: somebody else can take over a login.
 */
export function isSameLogin(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
