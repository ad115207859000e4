import type { CoderBackend, CoderTask } from "../coder/port.js";
import type { Phase } from "../model/phase.js";
import type { TaskRecord } from "../model/record.js";

/** Where an agent stands. */
export interface Look {
  phase: Phase;
  /** Of an agent that reports no state: what it shows, for the next look. */
  shown?: TaskRecord["shown"];
}

/** At the pace of the policy `agentStillBusy`, these looks take more than two minutes. */
const looksAtRest = 5;

/**
 * Looks at an agent. One that reports no state counts as `ready` if it shows the same for some looks in a row and would take
 * a message, and as `working` otherwise. `known` is what the last look has found.
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
