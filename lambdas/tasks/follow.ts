import type { TaskView } from "../model/phase.js";
import type { WaitSoFar } from "./observe.js";

/** A look at an agent that works: an eighth of its turn so far later than the one before. */
const shareOfTurn = 1 / 8;
const longestInTurnSeconds = 5 * 60;

/** At rest, as long again as it has rested: the summary comes within moments, a pull request within minutes. */
const longestAtRestSeconds = 2 * 60;
const shortestSeconds = 4;

/** Coder's summary and its pull request appear some time after the turn: for so long they are looked for. */
const restSeconds = 10 * 60;

/** A turn can take days. After five, a run's history has about 15,000 of the 25,000 events that it may have. */
const longestFollowedSeconds = 5 * 24 * 3600;

/** What the looks so far came to. */
export interface FollowWait extends WaitSoFar {
  /** Whether the last look found the agent at rest, and seconds for which it has been so, or not so. */
  atRest: boolean;
  inPhase: number;
}

export interface ProgressObservation {
  /** `undefined` where there is nothing more to follow: the task is gone, or archived. */
  state: "running" | "waiting" | undefined;
  /** The turn was over for long enough that all that is to be known of it is known. */
  isOver: boolean;
  waitSeconds: number;
  wait: FollowWait;
}

/** A look at the work of an agent, for people. Pure arithmetic over the looks so far, without a clock. */
export function observeProgress({ phase }: TaskView, wait: FollowWait): ProgressObservation {
  const atRest = phase === "ready";
  const isFollowed = atRest || phase === "working" || phase === "starting";
  const inPhase = atRest === wait.atRest ? wait.inPhase : 0;
  const isOver = (atRest && inPhase >= restSeconds) || wait.seconds >= longestFollowedSeconds;
  const [share, longest] = atRest ? [1, longestAtRestSeconds] : [shareOfTurn, longestInTurnSeconds];
  const waitSeconds = Math.min(Math.max(Math.floor(inPhase * share), shortestSeconds), longest);
  return {
    state: isFollowed ? (atRest ? "waiting" : "running") : undefined,
    isOver: isOver || !isFollowed,
    waitSeconds,
    wait: { seconds: wait.seconds + waitSeconds, atRest, inPhase: inPhase + waitSeconds },
  };
}
