import { afterEach, describe, expect, test } from "@jest/globals";
import {
  Engine,
  type EngineOptions,
  type HistoryEvent,
  type Journal,
  type StoredExecution,
} from "../../../local/engine/index.js";

type Json = Record<string, unknown>;
type Entry = { execution: StoredExecution } | { arn: string; event: HistoryEvent };

const arn = "arn:aws:states:us-east-1:000000000000:stateMachine:flow";
const subArn = `${arn}-sub`;

const open: Engine[] = [];
afterEach(() => {
  for (const engine of open.splice(0)) engine.close();
});

/** A journal in memory. After a crash, some number of its first entries is left. */
class MemoryJournal implements Journal {
  constructor(readonly entries: Entry[] = []) {}

  note(execution: StoredExecution): void {
    const { machine, ...rest } = execution;
    const { arn, definition, created } = machine;
    this.entries.push({ execution: structuredClone({ ...rest, machine: { arn, definition, created } }) });
  }

  add(arn: string, event: HistoryEvent): void {
    this.entries.push({ arn, event: structuredClone(event) });
  }

  stored(): Promise<void> {
    return Promise.resolve();
  }

  events(arn: string): HistoryEvent[] {
    return this.entries.flatMap((entry) => ("event" in entry && entry.arn === arn ? [entry.event] : []));
  }

  forget(arn: string): void {
    const rest = this.entries.filter((entry) => ("event" in entry ? entry.arn : entry.execution.arn) !== arn);
    this.entries.splice(0, Number.POSITIVE_INFINITY, ...rest);
  }

  executions(): StoredExecution[] {
    const newest = new Map<string, StoredExecution>();
    for (const entry of this.entries) {
      if ("execution" in entry) newest.set(entry.execution.arn, entry.execution);
    }
    return [...newest.values()];
  }
}

function call(functionName: string, rest: Json = {}): Json {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: { FunctionName: functionName, "Payload.$": "$" },
    ResultPath: "$.got",
    ...("Next" in rest ? {} : { End: true }),
    ...rest,
  };
}

function engineOn(
  journal: Journal,
  states: Json,
  options: Partial<EngineOptions> = {},
  top: Json = {},
): Engine {
  const engine = new Engine({ invoke: async () => 1, timeScale: 0, journal, ...options });
  open.push(engine);
  const trusted = { isThorough: false };
  engine.addMachine(
    arn,
    JSON.stringify({ StartAt: Object.keys(states)[0], States: states, ...top }),
    trusted,
  );
  engine.addMachine(subArn, JSON.stringify({ StartAt: "Do", States: { Do: call("sub") } }), trusted);
  return engine;
}

/** The engine of a new process that has recovered from the journal. */
function restart(
  journal: MemoryJournal,
  states: Json,
  options: Partial<EngineOptions> = {},
  top: Json = {},
): Engine {
  const engine = engineOn(journal, states, options, top);
  engine.recover(journal.executions());
  return engine;
}

const named = (name: string) => Object.assign(new Error(name), { name });

/** The executions without what a restart may add: interrupted attempts, and steps between two states. */
function essence(engine: Engine): unknown {
  return engine.list().map(({ executionArn, name, status, output, error }) => {
    const events = engine.history(executionArn);
    const failed = events.filter(({ type }) => type === "TaskFailed").length;
    const entered = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
    return { name, status, output, error, failed, entered };
  });
}

async function allEnded(engine: Engine): Promise<void> {
  for (let count = -1; count < engine.list().length; ) {
    count = engine.list().length;
    await Promise.all(engine.list().map(({ executionArn }) => engine.finished(executionArn)));
  }
}

describe("a restart after any entry of the journal", () => {
  const states: Json = {
    Ask: call("ask", { Next: "Wait" }),
    Wait: { Type: "Wait", Seconds: 5, Next: "Try" },
    Try: call("boom", {
      Retry: [
        { ErrorEquals: ["Never"], MaxAttempts: 9 },
        { ErrorEquals: ["Boom"], IntervalSeconds: 4, MaxAttempts: 3, JitterStrategy: "FULL" },
      ],
      Catch: [{ ErrorEquals: ["Boom"], ResultPath: "$.error", Next: "Start" }],
    }),
    Start: {
      Type: "Task",
      Resource: "arn:aws:states:::states:startExecution",
      Parameters: { StateMachineArn: subArn, Name: "sub", "Input.$": "$" },
      ResultPath: null,
      Next: "Which?",
    },
    "Which?": {
      Type: "Choice",
      Choices: [{ Variable: "$.error.Error", StringEquals: "Boom", Next: "Last" }],
      Default: "Ask",
    },
    Last: call("broken"),
  };
  const invoke: EngineOptions["invoke"] = async (name) => {
    if (name === "boom") throw named("Boom");
    if (name === "broken") throw named("Broken");
    return name;
  };

  test("ends every execution as an undisturbed run does, with the same number of retries", async () => {
    const journal = new MemoryJournal();
    const engine = engineOn(journal, states, { invoke });
    engine.start(arn, "main", '{"a":1}');
    await allEnded(engine);
    const undisturbed = essence(engine);
    expect(undisturbed).toEqual([
      expect.objectContaining({ name: "sub", status: "SUCCEEDED" }),
      expect.objectContaining({ name: "main", status: "FAILED", error: "Broken", failed: 5 }),
    ]);

    expect(journal.entries.length).toBeGreaterThan(40);
    for (let kept = 1; kept <= journal.entries.length; kept++) {
      // The end of a state and the start of the next one are one batch, so no crash separates them.
      const next = journal.entries[kept];
      if (next && "event" in next && next.event.stateEnteredEventDetails && next.event.id > 2) continue;
      const after = restart(new MemoryJournal(journal.entries.slice(0, kept)), states, { invoke });
      await allEnded(after);
      expect([kept, essence(after)]).toEqual([kept, undisturbed]);
    }
  });

  test("shows the ended executions and their histories as before, and can redrive them", async () => {
    const journal = new MemoryJournal();
    const engine = engineOn(journal, states, { invoke });
    const { executionArn } = engine.start(arn, "main", "{}");
    await allEnded(engine);
    const after = restart(journal, states, { invoke: async (name) => name });
    expect(after.list()).toEqual(engine.list());
    expect(after.history(executionArn)).toEqual(engine.history(executionArn));
    expect(() => after.start(arn, "main", "{}")).toThrow("Execution Already Exists");

    after.redrive(executionArn);
    expect(await after.finished(executionArn)).toMatchObject({ status: "SUCCEEDED", redriveCount: 1 });
    const again = restart(journal, states, { invoke });
    expect(again.describe(executionArn)).toEqual(after.describe(executionArn));
    expect(again.history(executionArn).filter(({ type }) => type === "ExecutionRedriven")).toHaveLength(1);
  });
});

describe("time", () => {
  const hour = 3_600_000;

  /** Starts an execution at 0 o'clock, ends the process, and starts a new one at `later`. */
  async function restartedAt(
    later: number,
    states: Json,
    options: Partial<EngineOptions> = {},
    top: Json = {},
  ) {
    const journal = new MemoryJournal();
    const engine = engineOn(journal, states, { ...options, timeScale: 1, now: () => 0 }, top);
    const { executionArn } = engine.start(arn, "main", "{}");
    await new Promise((resolve) => setTimeout(resolve, 20));
    engine.close();
    const now = () => later;
    const after = restart(journal, states, { ...options, timeScale: 1, now }, top);
    const before = performance.now();
    const end = await after.finished(executionArn);
    return { ...end, tookMs: performance.now() - before };
  }

  test.each<[string, Json]>([
    ["a length", { Seconds: 3600 }],
    ["a time", { Timestamp: "1970-01-01T01:00:00Z" }],
  ])("a Wait by %s ends when it was due", async (_, fields) => {
    const states = { Wait: { Type: "Wait", ...fields, End: true } };
    const { status, tookMs } = await restartedAt(hour - 100, states);
    expect(status).toBe("SUCCEEDED");
    expect(tookMs).toBeGreaterThan(95);
    expect((await restartedAt(2 * hour, states)).status).toBe("SUCCEEDED");
  });

  test("a retry takes place when it was due", async () => {
    const retryCounts: unknown[] = [];
    const invoke = async (_name: string, payload: unknown) => {
      retryCounts.push(payload);
      if (retryCounts.length === 1) throw named("Boom");
      return 1;
    };
    const Parameters = { FunctionName: "f", "Payload.$": "$$.State.RetryCount" };
    const Retry = [{ ErrorEquals: ["Boom"], IntervalSeconds: 3600 }];
    const states = { Try: call("f", { Parameters, Retry }) };
    const { status, tookMs, stateTransitions } = await restartedAt(hour - 100, states, { invoke });
    expect([status, stateTransitions]).toEqual(["SUCCEEDED", 2]);
    expect(retryCounts).toEqual([0, 1]);
    expect(tookMs).toBeGreaterThan(95);
  });

  test("an execution times out when it was due", async () => {
    const states = { Wait: { Type: "Wait", Seconds: 9 * 3600, End: true } };
    const { status } = await restartedAt(hour + 1, states, {}, { TimeoutSeconds: 3600 });
    expect(status).toBe("TIMED_OUT");
  });

  test("a name is free again 90 days after the end", async () => {
    const journal = new MemoryJournal();
    const states = { Ask: call("f") };
    const day = 24 * hour;
    const { executionArn } = engineOn(journal, states, { now: () => 0 }).start(arn, "main", "{}");
    await allEnded(open.at(-1) as Engine);
    const kept = restart(journal, states, { now: () => 90 * day });
    expect(() => kept.start(arn, "main", "{}")).toThrow("Execution Already Exists");
    const freed = restart(journal, states, { now: () => 90 * day + 1 });
    expect(freed.list()).toEqual([]);
    expect(journal.entries).toEqual([]);
    expect(freed.start(arn, "main", "{}")).toMatchObject({ executionArn });
  });
});

test("an execution keeps the definition with which it was started; new ones get the new definition", async () => {
  const journal = new MemoryJournal();
  const never = { invoke: () => new Promise<never>(() => {}) };
  const engine = engineOn(journal, { Old: call("old") }, never);
  const { executionArn } = engine.start(arn, "main", "{}");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const after = restart(journal, { New: call("new") }, { invoke: async (name) => name });
  expect((await after.finished(executionArn)).output).toBe(
    '{"got":' + '{"ExecutedVersion":"$LATEST","Payload":"old","StatusCode":200}}',
  );
  expect(after.machineOf(executionArn).definition).toContain("Old");
  const { executionArn: newer } = after.start(arn, "second", "{}");
  expect((await after.finished(newer)).output).toContain('"new"');
});

test("a Task's work begins only after the events before it are stored", async () => {
  class SlowJournal extends MemoryJournal {
    store = () => {};
    readonly #stored = new Promise<void>((resolve) => {
      this.store = resolve;
    });
    override stored(): Promise<void> {
      return this.#stored;
    }
  }
  const journal = new SlowJournal();
  let calls = 0;
  const engine = engineOn(journal, { Ask: call("f") }, { invoke: async () => ++calls });
  const { executionArn } = engine.start(arn, "main", "{}");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(calls).toBe(0);
  journal.store();
  expect((await engine.finished(executionArn)).status).toBe("SUCCEEDED");
  expect(calls).toBe(1);
});
