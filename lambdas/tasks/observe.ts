import type { Phase, TaskView } from "../coder/port.js";

/**
 * How long to wait between two looks at a task: a fifteenth of the time waited so far, at least 4 seconds, at
 * most 2 minutes. With what a look itself takes, nobody waits for more than 5 seconds, or a tenth longer than
 * Coder needed; and a wait of hours stays far below Step Functions' 25,000 history events.
 */
const shareOfWait = 1 / 15;
const shortestSeconds = 4;
const longestSeconds = 120;

/** A healthy start can pass through `error` and `unknown`: Coder's own CLI gives it five minutes. */
const brokenGraceSeconds = 5 * 60;

/** A start that takes longer than this is broken, whatever Coder calls it. */
const startLimitSeconds = 60 * 60;

/** What the looks so far came to: the state machine carries it from look to look. */
export interface WaitSoFar {
  /** Seconds of all waits that were asked for. */
  seconds: number;
}

export interface Observation {
  phase: Phase;
  /** How long to wait before the next look, should there be one. */
  waitSeconds: number;
  wait: WaitSoFar;
}

/** Pure arithmetic over the wait so far: no clock, so that a redrive and a scaled local clock change nothing. */
export function observe(view: TaskView, wait: WaitSoFar): Observation {
  const phase = phaseAfterGrace(view.phase, wait.seconds);
  const share = Math.floor(wait.seconds * shareOfWait);
  const waitSeconds = Math.min(Math.max(share, shortestSeconds), longestSeconds);
  return { phase, waitSeconds, wait: { seconds: wait.seconds + waitSeconds } };
}

function phaseAfterGrace(phase: Phase, waited: number): Phase {
  if (phase === "broken" && waited < brokenGraceSeconds) return "starting";
  if (phase === "starting" && waited >= startLimitSeconds) return "broken";
  return phase;
}
