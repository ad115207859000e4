import { AwsError } from "./aws-json.js";

export interface PageOptions<T> {
  /** The maximum number of items. */
  size: number;
  /** The token of the previous page. */
  token: string | undefined;
  fits?: (item: T) => boolean;
  /** The service's error name for a token that it did not issue. */
  invalidToken?: string;
}

/**
 * One page of a list. A token names the last item of the previous page, so items that are added or change their status in
 * the meantime don't move others to another page.
 */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { size, token, fits = () => true, invalidToken = "InvalidToken" }: PageOptions<T>,
): { items: T[]; next: string | undefined } {
  let index = 0;
  if (token !== undefined) {
    const last = Buffer.from(token, "base64url").toString("utf8");
    index = all.findIndex((item) => keyOf(item) === last) + 1;
    if (index === 0) throw new AwsError(invalidToken, "Invalid Token: 'Invalid token'");
  }
  const items: T[] = [];
  let lastSeen = "";
  for (const item of all.slice(index)) {
    if (items.length === size) return { items, next: Buffer.from(lastSeen).toString("base64url") };
    lastSeen = keyOf(item);
    if (fits(item)) items.push(item);
  }
  return { items, next: undefined };
}
