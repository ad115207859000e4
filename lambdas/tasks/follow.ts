import type { TaskView } from "../model/phase.js";

/** The state of a turn; `undefined` if there is nothing left to follow, because the task is gone or archived. */
export type TurnState = "running" | "waiting" | undefined;

/**
 * Whether an agent still works on its turn. The retry policies `working` and `resting` set how long it is observed: Coder's
 * summary appears moments after a turn, and its pull request some minutes later.
 */
export function turnState({ phase }: TaskView): TurnState {
  if (phase === "ready") return "waiting";
  return phase === "working" || phase === "starting" ? "running" : undefined;
}
