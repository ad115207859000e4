import { AwsError } from "./aws-json.js";

const defaultPageSize = 100;

/**
 * One page of a list. A token names the last item that was looked at, so that what is added in front of it or
 * changes its status meanwhile moves no other item to another page. Throws `InvalidToken`.
 */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  maxResults: number,
  token: string | undefined,
  fits: (item: T) => boolean = () => true,
): { items: T[]; next: string | undefined } {
  let index = 0;
  if (token !== undefined) {
    const last = Buffer.from(token, "base64url").toString("utf8");
    index = all.findIndex((item) => keyOf(item) === last) + 1;
    if (index === 0) throw new AwsError("InvalidToken", "Invalid Token");
  }
  const size = maxResults || defaultPageSize;
  const items: T[] = [];
  let lastSeen = "";
  for (const item of all.slice(index)) {
    if (items.length === size) return { items, next: Buffer.from(lastSeen).toString("base64url") };
    lastSeen = keyOf(item);
    if (fits(item)) items.push(item);
  }
  return { items, next: undefined };
}
