import { sleep } from "../runtime/budget.js";

const pausesMs = [250, 1000, 3000];

/**
 * Reads again while the answer is stale, for a few seconds in total, because GitHub can deliver an event before its API
 * shows the change. Returns the last answer, stale or not.
 */
export async function readWhileStale<Answer>(
  isStale: (answer: Answer) => boolean,
  read: () => Promise<Answer>,
): Promise<Answer> {
  let answer = await read();
  for (const pauseMs of pausesMs) {
    if (!isStale(answer)) break;
    await sleep(pauseMs);
    answer = await read();
  }
  return answer;
}
