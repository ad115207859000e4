import type { Bundle } from "../infra/bundling/bundle.js";
import { busyWaits, retryPolicies } from "../infra/definition/flow-source.js";
import type { FakeTask } from "../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import type { Figures, Row } from "./figures.js";
import { priceOf, sum, type Usage } from "./prices.js";
import { until } from "./until.js";
import { Workplace } from "./workplace.js";

const comments = 10;
const failures = 2;
const serviceMs = 100;

/** How long the agent of the busy life works on each message. */
const turnSeconds = 600;

/** The cost of an issue's life: its start, ten comments one by one, two failed runs, its end. */
export async function benchLife(bundles: readonly Bundle[]): Promise<Figures[]> {
  let logBytes = 0;
  const workplace = await Workplace.open(bundles, {
    onLog: ({ line }) => {
      logBytes += Buffer.byteLength(line);
    },
  });
  workplace.gitHub.http.latencyMs = serviceMs;
  workplace.coder.http.latencyMs = serviceMs;
  try {
    const meter = new Meter(workplace, () => logBytes);
    const { issue, task } = await workplace.runningTask();
    const steps = [meter.step("its start")];
    for (let i = 0; i < comments; i++) await comment(workplace, issue, task, i);
    steps.push(meter.step(`${comments} comments`));
    const sha = await openPull(workplace, issue);
    for (let i = 0; i < failures; i++) await failRun(workplace, task, sha, i);
    steps.push(meter.step(`${failures} failed runs`));
    await workplace.gitHub.closeIssue(issue, { by: "mona" });
    await workplace.drained();
    steps.push(meter.step("its end"));

    const life = total(steps);
    const transitions = life.values.transitions ?? 0;
    return [
      {
        title: "An issue's life, with an agent that is idle whenever something arrives",
        how: `List prices of us-east-1, with services that take ${serviceMs} ms, without fixed prices (secrets, alarms). Logs and X-Ray: everything that the stack writes. "read": items read from the table.`,
        rows: [
          ...steps,
          { ...life, aims: { transitions: 130, cents: 0.4 } },
          {
            name: `the life, the agent works ${turnSeconds / 60} min a message`,
            values: { transitions: transitions + (comments + failures) * looksAt(turnSeconds) },
            aims: { transitions: 350 },
          },
        ],
      },
    ];
  } finally {
    await workplace.close();
  }
}

async function comment(workplace: Workplace, issue: Issue, task: FakeTask, i: number): Promise<void> {
  await workplace.rested(task);
  await workplace.gitHub.comment(issue, { by: "mona", body: `Comment ${i}.` });
  await told(workplace, task, `Comment ${i}.`);
}

/** The commit of the agent's new pull request. */
async function openPull({ gitHub }: Workplace, { number }: Issue): Promise<string> {
  const { pull } = await gitHub.openPull({
    repo: "octo/app",
    by: gitHub.agentLogin,
    head: "fix",
    closes: [number],
  });
  return pull.shas.at(-1) ?? "";
}

async function failRun(workplace: Workplace, task: FakeTask, headSha: string, i: number): Promise<void> {
  await workplace.rested(task);
  await workplace.gitHub.completeRun({
    repo: "octo/app",
    workflow: `CI ${i}`,
    branch: "fix",
    headSha,
    conclusion: "failure",
    jobs: [{ name: "test", conclusion: "failure", steps: [], log: `##[error]Failure ${i}!\n` }],
  });
  await told(workplace, task, `Failure ${i}!`);
}

async function told(workplace: Workplace, task: FakeTask, text: string): Promise<void> {
  await until(`the agent gets "${text}"`, () => task.inputs.some((input) => input.text.includes(text)));
  await workplace.drained();
}

/** How often a drain observes an agent that becomes idle after `seconds`. */
function looksAt(seconds: number): number {
  let time = 0;
  const looks = busyWaits(retryPolicies).findIndex((wait) => {
    time += wait;
    return time >= seconds;
  });
  return looks + 1;
}

/** Measures the usage of each step of a life. */
class Meter {
  readonly #known = new Set<string>();
  #table = { itemsRead: 0, readUnits: 0, writeUnits: 0 };
  #deliveries = 0;
  #logBytes = 0;

  constructor(
    private readonly workplace: Workplace,
    private readonly logBytes: () => number,
  ) {
    workplace.system.dynamoDb.onCall = ({ itemsRead, units }) => {
      this.#table.itemsRead += itemsRead;
      this.#table[itemsRead > 0 ? "readUnits" : "writeUnits"] += units;
    };
  }

  /** The usage since the last step. */
  step(name: string): Row {
    const { system, gitHub } = this.workplace;
    const executions = system.engine.list().filter(({ executionArn }) => !this.#known.has(executionArn));
    for (const { executionArn } of executions) this.#known.add(executionArn);
    const sent = gitHub.deliveries.filter(({ status }) => status !== undefined);
    const { itemsRead, ...units } = this.#table;
    const usage: Usage = {
      executions,
      histories: executions.map(({ executionArn }) => system.engine.history(executionArn)),
      deliveries: sent.slice(this.#deliveries).map(({ durationMs }) => durationMs),
      ...units,
      logBytes: this.logBytes() - this.#logBytes,
    };
    this.#table = { itemsRead: 0, readUnits: 0, writeUnits: 0 };
    this.#deliveries = sent.length;
    this.#logBytes = this.logBytes();
    const cents = priceOf(usage);
    const transitions = sum(executions.map(({ stateTransitions }) => stateTransitions));
    return { name, values: { transitions, read: itemsRead, ...cents, cents: sum(Object.values(cents)) } };
  }
}

function total(steps: readonly Row[]): Row {
  const values: Record<string, number> = {};
  for (const step of steps) {
    for (const [column, value] of Object.entries(step.values)) values[column] = (values[column] ?? 0) + value;
  }
  return { name: "the life", values };
}
