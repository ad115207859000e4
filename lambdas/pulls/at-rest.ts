import type { CoderBackend, CoderTask } from "../coder/port.js";
import type { Phase } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";

/** An observation of an agent. */
export interface Look {
  phase: Phase;
  /** If the agent reports no state: its screen, for the next look. */
  shown?: TaskRecord["shown"];
}

/** With the intervals of the policy `agentStillBusy`, these looks take more than two minutes. */
const looksAtRest = 5;

/**
 * Looks at an agent. If it reports no state, it counts as `ready` if its screen is the same for several looks in a row and
 * it would take a message, and as `working` otherwise. `known` is what the last look found.
 */
export async function lookAt(
  { silentAgents }: Pick<CoderBackend, "silentAgents">,
  task: CoderTask | undefined,
  known: TaskRecord["shown"],
): Promise<Look> {
  if (!task?.view.silent) return { phase: task?.view.phase ?? "gone" };
  const screen = await silentAgents?.screen(task);
  if (screen === undefined) return { phase: "working" };
  const looks = screen === known?.screen ? known.looks + 1 : 0;
  const isAtRest = looks >= looksAtRest && (await silentAgents?.listens(task)) === true;
  return { phase: isAtRest ? "ready" : "working", shown: { screen, looks } };
}
