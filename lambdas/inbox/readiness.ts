import type { Phase, TaskView } from "../model/phase.js";

/**
 * The pause before the next observation, if this one has changed what the drain must remember: a sixteenth of the pauses
 * so far, at least 4 seconds, at most 10 minutes. If the agent is just busy, the retry policies set the interval.
 */
const shareOfWait = 1 / 16;
const shortestSeconds = 4;
const longestSeconds = 10 * 60;

/** A healthy start can pass through `error` and `unknown`. Coder's own CLI tolerates that for five minutes. */
const brokenGraceSeconds = 5 * 60;

/** An agent that reports no state counts as ready after this long. */
const silenceSeconds = 2 * 60;

/** A report of an idle agent can flap within this time. A younger report needs a second observation. */
const flappingSeconds = 5;
const confirmationSeconds = 3;

/** After this many retries, which is as many as the policy `agentBusy` allows, the policy `agentStillBusy` takes over. */
export const retriesUntilStillBusy = 10;

/** What a drain remembers between two observations of its agent. */
export interface AgentWait {
  /** All pauses so far, in seconds. */
  seconds: number;
  /** Whether the last observation found it ready. */
  ready: boolean;
  /** Seconds for which it has reported no state. */
  silent: number;
  /** Seconds for which it has been broken, or stopping. */
  broken: number;
  /** Whether this drain has resumed it. */
  resumed: boolean;
  /** How often it has refused a text although it seemed ready. */
  refusals: number;
  /** Seconds for which the drain has waited for the comments of a review. */
  held: number;
}

export const firstAgentWait: AgentWait = {
  seconds: 0,
  ready: false,
  silent: 0,
  broken: 0,
  resumed: false,
  refusals: 0,
  held: 0,
};

export interface AgentObservation {
  phase: Phase;
  /** The pause before the next observation, if there is one. */
  waitSeconds: number;
  wait: AgentWait;
  /** It works or starts, as at the last observation, so there is nothing new to remember. */
  isBusy: boolean;
  /** It has been broken for too long. */
  isHopeless: boolean;
}

/**
 * Judges whether an agent can take a message at `now` (milliseconds since the epoch): it is `ready` if it has been ready for
 * some seconds, by Coder's clock or in two observations. A working agent counts as ready if Coder queues messages.
 * Everything else depends only on the pauses so far, so a redrive or a scaled local clock changes nothing.
 */
export function observeAgent(view: TaskView, wait: AgentWait, now = Date.now()): AgentObservation {
  const isBroken = view.phase === "broken" || (view.phase === "paused" && wait.resumed);
  const listens = view.phase === "ready" || (view.queues === true && view.phase === "working");
  const isReady = listens || (view.silent === true && wait.silent >= silenceSeconds);
  const hasRested = view.since !== undefined && now - view.since >= flappingSeconds * 1000;
  const isConfirmed = wait.ready || (hasRested && wait.refusals === 0);
  const isFirstConfirmation = isReady && wait.refusals === 0;
  const waitSeconds = isFirstConfirmation ? confirmationSeconds : pause(wait.seconds);
  const phase = isBroken ? "starting" : isReady ? (isConfirmed ? "ready" : "working") : view.phase;
  const isUnderWay = phase === "working" || phase === "starting";
  const silent = view.silent ? wait.silent + waitSeconds : 0;
  const broken = isBroken ? wait.broken + waitSeconds : 0;
  return {
    phase,
    waitSeconds,
    isBusy: isUnderWay && isReady === wait.ready && silent === wait.silent && broken === wait.broken,
    isHopeless: isBroken && wait.broken >= brokenGraceSeconds,
    wait: { ...wait, seconds: wait.seconds + waitSeconds, ready: isReady, silent, broken },
  };
}

function pause(waited: number): number {
  return Math.min(Math.max(Math.floor(waited * shareOfWait), shortestSeconds), longestSeconds);
}
