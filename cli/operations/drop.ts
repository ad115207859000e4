import { CommandError } from "../frame/exit.js";
import { toWaiting, type Waiting } from "./standing.js";
import { inboxOf, type Work } from "./works.js";

/**
 * A waiting input, and a function that drops it. It stays dropped for eight days, which is as long as GitHub can deliver
 * it again.
 *
 * @throws {CommandError} if no input with this id is waiting; `withdraw` throws it if the input was sent or changed in
 * the meantime.
 */
export async function findInput(
  work: Work,
  id: string,
): Promise<{ waiting: Waiting; withdraw: () => Promise<void> }> {
  const inbox = await inboxOf(work);
  for await (const input of inbox.waiting()) {
    if (input.identity !== id) continue;
    const withdraw = async () => {
      const { batch } = await inbox.meta.read();
      if (batch?.entries.some(({ identity }) => identity === id)) {
        throw new CommandError("failed", `${id} is being sent right now. Nothing was changed.`);
      }
      await inbox.outcomes.drop(input);
      if (await isWaiting(id)) {
        throw new CommandError(
          "failed",
          `${id} has changed in the meantime and is still waiting. Try again.`,
        );
      }
    };
    return { waiting: toWaiting(input), withdraw };
  }
  throw new CommandError(
    "notFound",
    `Nothing with the id ${id} waits for the agent of ${work.reference}. npm run relay -- inbox ${work.reference} lists the ids.`,
  );

  async function isWaiting(identity: string): Promise<boolean> {
    for await (const input of inbox.waiting()) if (input.identity === identity) return true;
    return false;
  }
}
