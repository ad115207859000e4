/**
 * Where a task stands, whatever Coder calls it: `starting` (no agent yet), `working`, `ready` (the agent would
 * listen), `paused` (it has to be resumed before it listens), `broken`, `gone` (deleted, or out of reach for good).
 */
export type Phase = "starting" | "working" | "ready" | "paused" | "broken" | "gone";

export interface TaskView {
  phase: Phase;
  /** Coder's own word for it, for messages and logs. */
  status: string;
  /** When Coder learnt of this (milliseconds since the epoch, by Coder's clock). */
  since?: number;
  /** The agent reports no state, so that `working` is only a guess. */
  silent?: boolean;
  /** A text that is sent while the agent works waits in a queue of Coder's own: nobody has to wait with it. */
  queues?: boolean;
  /** The agent's last turn has ended in an error. */
  hasFailed?: boolean;
  /** For people: what Coder knows of the work, or why the task is gone. Bounded plain text, often of several lines. */
  report?: string;
}
