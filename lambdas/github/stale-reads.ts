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
 * A pull request that is known to exist. GitHub never deletes one, so a 404 can be stale, just as a state can that the
 * caller expects to change. Returns the last answer after a few seconds; `undefined` if it is still missing.
 */
export function readNamedPull(
  client: RepositoryClient,
  number: number,
  isStale: (pull: Pull) => boolean = () => false,
): Promise<Pull | undefined> {
  return readWhileStale(
    (pull) => pull === undefined || isStale(pull),
    () => client.pull(number),
  );
}
