import type { TaskView } from "../model/phase.js";

/** What a turn looks like: `undefined` if there is nothing to follow any more, since the task is gone or archived. */
export type TurnState = "running" | "waiting" | undefined;

/**
 * Whether an agent's turn goes on or is over. How long it is watched is in the retry policies `working` and `resting`:
 * Coder's summary appears moments after a turn, its pull request some minutes after.
 */
export function turnState({ phase }: TaskView): TurnState {
  if (phase === "ready") return "waiting";
  return phase === "working" || phase === "starting" ? "running" : undefined;
}
