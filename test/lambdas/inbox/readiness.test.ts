import { describe, expect, test } from "@jest/globals";
import { busyWaits, retryPolicies } from "../../../infra/definition/flow-source.js";
import { type AgentWait, firstAgentWait, observeAgent } from "../../../lambdas/inbox/readiness.js";
import type { Phase, TaskView } from "../../../lambdas/model/phase.js";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

const start = firstAgentWait;
const view = (phase: Phase): TaskView => ({ phase, status: phase });
const silent: TaskView = { phase: "working", status: "active", silent: true };

/** The pauses before each retry for a busy agent, in seconds, according to the state machine's policies. */
const busyPauses = busyWaits(retryPolicies);

interface Observed {
  /** Seconds since the first observation. */
  moments: number[];
  transitions: number;
  phase: Phase | "busy";
  isHopeless: boolean;
}

/** When an observation starts (in seconds since the first one), with which wait, and as which retry. */
interface Moment {
  clock: number;
  wait: AgentWait;
  retries: number;
}

const firstOf = (wait: AgentWait): Moment => ({ clock: wait.seconds, wait, retries: 0 });

/** Makes one observation, and returns when the state machine makes the next one. An observation may itself take time. */
function observe(
  { clock, wait, retries }: Moment,
  viewAt: (seconds: number) => TaskView,
  lookSeconds: number,
) {
  // An observation shows the state at its start.
  const observed = observeAgent(viewAt(clock), wait, clock * 1000);
  const end = clock + lookSeconds;
  const next = observed.isBusy
    ? { clock: end + (busyPauses[retries] ?? Number.POSITIVE_INFINITY), wait, retries: retries + 1 }
    : { clock: end + observed.waitSeconds, wait: observed.wait, retries: 0 };
  return { observed, next };
}

/** Observes `viewAt` until the agent counts as ready or `until` seconds have passed. */
function observeUntilReady(
  viewAt: (seconds: number) => TaskView,
  { until = 2 * day, from = firstOf(start), lookSeconds = 0 } = {},
): Observed {
  const moments: number[] = [];
  let transitions = 0;
  for (let moment = from; moment.clock <= until; ) {
    moments.push(moment.clock);
    const { observed, next } = observe(moment, viewAt, lookSeconds);
    const { phase, isHopeless, isBusy } = observed;
    transitions += isBusy || isHopeless ? 1 : 3;
    if (isHopeless || (!isBusy && phase === "ready")) return { moments, transitions, phase, isHopeless };
    moment = next;
  }
  return { moments, transitions, phase: "busy", isHopeless: false };
}

describe("ready", () => {
  test("for five seconds by Coder's clock needs no second observation", () => {
    const now = 1_700_000_000_000;
    const rested = (seconds: number): TaskView => ({ ...view("ready"), since: now - seconds * 1000 });
    expect(observeAgent(rested(5), start, now)).toMatchObject({ phase: "ready", isBusy: false });
    expect(observeAgent(rested(4), start, now)).toMatchObject({ phase: "working", waitSeconds: 3 });
    // Coder's report can be older than its handling of the last text.
    expect(observeAgent(rested(5), { ...start, refusals: 1 }, now).phase).toBe("working");
  });

  test("must be seen twice, three seconds apart, if it is new", () => {
    const first = observeAgent(view("ready"), start);
    expect(first).toMatchObject({ phase: "working", waitSeconds: 3 });
    expect(observeAgent(view("ready"), first.wait).phase).toBe("ready");
  });

  test("that flaps is confirmed again", () => {
    let wait = start;
    for (const phase of ["ready", "working", "ready", "working", "ready"] as const) {
      const observed = observeAgent(view(phase), wait);
      expect(observed.phase).toBe("working");
      wait = observed.wait;
    }
    expect(observeAgent(view("ready"), wait).phase).toBe("ready");
  });

  test("that turned out to be busy is confirmed no faster than other observations follow", () => {
    const refused: AgentWait = { ...start, seconds: 20 * minute, refusals: 1 };
    const first = observeAgent(view("ready"), refused);
    expect(first).toMatchObject({ phase: "working", waitSeconds: 75 });
    const second = observeAgent(view("ready"), first.wait);
    expect(second.phase).toBe("ready");
    expect(second.wait.refusals).toBe(1);
  });
});

describe("an agent that reports no state", () => {
  test("counts as ready after two minutes", () => {
    const { moments, phase } = observeUntilReady(() => silent);
    expect(phase).toBe("ready");
    expect(moments.at(-2)).toBeGreaterThanOrEqual(2 * minute);
    expect(moments.at(-1)).toBeLessThan(2 * minute + 20);
  });

  test("does not count as ready if it reported something in between", () => {
    let wait = start;
    while (wait.silent < 2 * minute - 10) wait = observeAgent(silent, wait).wait;
    const spoken = observeAgent(view("working"), wait).wait;
    const { phase, moments } = observeUntilReady(() => silent, { from: firstOf(spoken) });
    expect(phase).toBe("ready");
    expect((moments.at(-1) ?? 0) - spoken.seconds).toBeGreaterThanOrEqual(2 * minute);
  });
});

describe("a task that is broken", () => {
  test("may be broken for five minutes, as during a start", () => {
    const { moments, isHopeless } = observeUntilReady(() => view("broken"));
    expect(isHopeless).toBe(true);
    expect(moments.at(-1)).toBeGreaterThanOrEqual(5 * minute);
    expect(moments.at(-1)).toBeLessThan(6 * minute);
  });

  test("and recovers is waited for; the next break has its own five minutes", () => {
    const isDown = (s: number) => s < 4 * minute || (s > 6 * minute && s < 10 * minute);
    const { phase } = observeUntilReady((s) => view(isDown(s) ? "broken" : s < hour ? "working" : "ready"));
    expect(phase).toBe("ready");
  });

  test("is also one that is still paused after it was resumed", () => {
    expect(observeAgent(view("paused"), start).phase).toBe("paused");
    const { isHopeless, phase, moments } = observeUntilReady(() => view("paused"), {
      from: firstOf({ ...start, resumed: true }),
    });
    expect({ isHopeless, phase }).toEqual({ isHopeless: true, phase: "starting" });
    expect(moments.at(-1)).toBeGreaterThanOrEqual(5 * minute);
  });
});

test.each<Phase>(["starting", "working", "gone"])("the phase %s is observed as it is", (phase) => {
  expect(observeAgent(view(phase), start).phase).toBe(phase);
});

test.each<Phase>(["starting", "working"])("a second observation of a %s agent resets the wait", (phase) => {
  expect(observeAgent(view(phase), start).isBusy).toBe(true);
  expect(observeAgent(view(phase), { ...start, silent: 60 })).toMatchObject({
    isBusy: false,
    wait: { silent: 0 },
  });
});

describe("a long wait", () => {
  test("of two hours takes fewer than 60 state transitions", () => {
    const { transitions } = observeUntilReady((s) => view(s >= 2 * hour ? "ready" : "working"));
    expect(transitions).toBeLessThan(60);
  });

  test("of ten minutes takes at most 20 observations of a busy agent", () => {
    const { moments } = observeUntilReady((s) => view(s >= 10 * minute ? "ready" : "working"));
    expect(moments.filter((moment) => moment < 10 * minute).length).toBeLessThanOrEqual(20);
  });

  test("of a day, after which the next drain takes over, has room for four retries of each observation, three events each", () => {
    const { moments, phase } = observeUntilReady(() => view("working"), { until: day });
    expect(phase).toBe("busy");
    expect(moments.length * (3 + 4 * 3)).toBeLessThan(6000);
  });

  test("never pauses for less than three seconds or more than ten minutes", () => {
    for (const phase of ["working", "ready", "starting"] as const) {
      const pauses = Array.from(
        { length: day / 10 },
        (_, i) => observeAgent(view(phase), { ...start, seconds: i * 10 }).waitSeconds,
      );
      expect(pauses.every(Number.isInteger)).toBe(true);
      expect(Math.min(...pauses)).toBeGreaterThanOrEqual(3);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(600);
    }
    expect(Math.min(...busyPauses)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...busyPauses)).toBeLessThanOrEqual(300);
  });
});

describe("from ready to the send", () => {
  /** Coder reports since when the agent has been ready. */
  const becomesReady =
    (readyAt: number) =>
    (clock: number): TaskView =>
      clock < readyAt ? view("working") : { ...view("ready"), since: readyAt * 1000 };

  test.each([0, 0.125, 0.375])(
    "it takes at most 10 seconds after a busy time of up to 90 s, and after a longer one 21% of it, a tenth on average, with observations of %s s",
    (lookSeconds) => {
      const late = [];
      const shares = [];
      let from = firstOf(start);
      for (let readyAt = 0; readyAt <= 2 * hour; readyAt += 0.5) {
        // Until then, every observation shows a working agent.
        for (let next = from; next.clock < readyAt; ) {
          from = next;
          next = observe(from, becomesReady(readyAt), lookSeconds).next;
        }
        const { moments } = observeUntilReady(becomesReady(readyAt), { lookSeconds, from });
        const delay = (moments.at(-1) ?? 0) + lookSeconds - readyAt;
        if (delay > (readyAt <= 90 ? 10 : 0.21 * readyAt)) late.push({ readyAt, delay });
        if (readyAt > 90) shares.push(delay / readyAt);
      }
      expect(late).toEqual([]);
      expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThanOrEqual(0.1);
    },
  );
});
