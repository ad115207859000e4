/**
 * Where a task stands, on either backend: `starting` (no agent yet), `working`, `ready` (the agent takes messages),
 * `paused` (it has to be resumed first), `broken`, `gone` (deleted, or permanently out of reach).
 */
export type Phase = "starting" | "working" | "ready" | "paused" | "broken" | "gone";

export interface TaskView {
  phase: Phase;
  /** Coder's own status, for messages and logs. */
  status: string;
  /** When Coder learned of this (milliseconds since the epoch, by Coder's clock). */
  since?: number;
  /** The agent reports no state, so `working` is only a guess. */
  silent?: boolean;
  /** Coder queues a text that is sent while the agent works, so the relay need not wait. */
  queues?: boolean;
  /** The agent's last turn ended in an error. */
  hasFailed?: boolean;
  /** For people: what Coder shows about the work, or why the task is gone. Bounded plain text of one or more lines. */
  report?: string;
}
