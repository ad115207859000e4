import type { Phase, TaskView } from "../model/phase.js";

/**
 * How long to wait between two looks at a task: a sixteenth of the time waited so far, at least 4 seconds, at
 * most 10 minutes. With what a look itself takes, nobody waits for more than 5 seconds, or a tenth longer than
 * Coder needed; and three days take fewer than 6,000 of Step Functions' 25,000 history events.
 */
const shareOfWait = 1 / 16;
const shortestSeconds = 4;
const longestSeconds = 10 * 60;

/** A healthy start can pass through `error` and `unknown`: Coder's own CLI gives it five minutes. */
const brokenGraceSeconds = 5 * 60;

/** An agent that reports no state counts as listening after this long. */
const silenceSeconds = 2 * 60;

/** Idle flaps; and the comments of one review get the time to arrive together. */
const confirmationSeconds = 3;

/** What the looks so far came to: the state machine carries it from look to look. */
export interface WaitSoFar {
  /** Seconds of all waits that were asked for. */
  seconds: number;
}

export interface Observation<Wait extends WaitSoFar = WaitSoFar> {
  phase: Phase;
  /** How long to wait before the next look, should there be one. */
  waitSeconds: number;
  wait: Wait;
}

/**
 * A look at a task that is starting. Pure arithmetic over the wait so far, without a clock, so that a redrive
 * and a scaled local clock change nothing.
 */
export function observe(view: TaskView, wait: WaitSoFar): Observation {
  const isPassing = view.phase === "broken" && wait.seconds < brokenGraceSeconds;
  const waitSeconds = pause(wait.seconds);
  return {
    phase: isPassing ? "starting" : view.phase,
    waitSeconds,
    wait: { seconds: wait.seconds + waitSeconds },
  };
}

/** What a drain remembers between two looks at an agent that it has something to tell. */
export interface AgentWait extends WaitSoFar {
  /** Whether the last look found it ready. */
  ready: boolean;
  /** Seconds for which it has reported no state. */
  silent: number;
  /** Seconds for which it has been broken, or stopping. */
  broken: number;
  /** Whether this drain has resumed it. */
  resumed: boolean;
  /** How often it refused a text although it had looked ready. */
  refusals: number;
}

/**
 * A look at an agent that should listen: `ready` only once that has held over two looks. One that works counts as
 * listening where Coder queues what it is told.
 */
export function observeAgent(
  view: TaskView,
  wait: AgentWait,
): Observation<AgentWait> & { isHopeless: boolean } {
  const isBroken = view.phase === "broken" || (view.phase === "paused" && wait.resumed);
  const listens = view.phase === "ready" || (view.queues === true && view.phase === "working");
  const isReady = listens || (view.silent === true && wait.silent >= silenceSeconds);
  const isConfirming = isReady && !wait.ready && wait.refusals === 0;
  const waitSeconds = isConfirming ? confirmationSeconds : pause(wait.seconds);
  return {
    phase: isBroken ? "starting" : isReady ? (wait.ready ? "ready" : "working") : view.phase,
    waitSeconds,
    isHopeless: isBroken && wait.broken >= brokenGraceSeconds,
    wait: {
      ...wait,
      seconds: wait.seconds + waitSeconds,
      ready: isReady,
      silent: view.silent ? wait.silent + waitSeconds : 0,
      broken: isBroken ? wait.broken + waitSeconds : 0,
    },
  };
}

function pause(waited: number): number {
  return Math.min(Math.max(Math.floor(waited * shareOfWait), shortestSeconds), longestSeconds);
}
