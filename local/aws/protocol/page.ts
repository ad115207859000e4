import { AwsError } from "./aws-json.js";

export interface PageOptions<T> {
  /** How many items at most. */
  size: number;
  /** Of the page before. */
  token: string | undefined;
  fits?: (item: T) => boolean;
  /** The service's name for a token that it has not given. */
  invalidToken?: string;
}

/**
 * One page of a list. A token names the last item that was looked at, so that what is added in front of it or
 * changes its status meanwhile moves no other item to another page.
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
