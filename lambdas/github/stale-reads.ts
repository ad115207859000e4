import { sleep } from "../runtime/budget.js";
import type { Pull, RepositoryClient } from "./repository.js";

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

/**
 * The pull request that an event names. GitHub never deletes pull requests, so a 404 can mean that its API doesn't show a
 * new one yet. `undefined` if it is still missing after a few seconds.
 */
export function readNamedPull(client: RepositoryClient, number: number): Promise<Pull | undefined> {
  return readWhileStale(
    (pull) => pull === undefined,
    () => client.pull(number),
  );
}
