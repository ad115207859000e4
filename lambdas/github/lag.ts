import { sleep } from "../runtime/budget.js";

const pausesMs = [250, 1000, 3000];

/**
 * A delivery can be there before the API shows what it speaks of. Looks again, for some seconds in all, while what is
 * seen may be of before; what is still seen then is taken for what it is.
 */
export async function lookAgainWhile<Seen>(
  isOfBefore: (seen: Seen) => boolean,
  look: () => Promise<Seen>,
): Promise<Seen> {
  let seen = await look();
  for (const pauseMs of pausesMs) {
    if (!isOfBefore(seen)) break;
    await sleep(pauseMs);
    seen = await look();
  }
  return seen;
}
