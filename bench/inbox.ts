import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../infra/bundling/bundle.js";
import type { ExecutionDescription } from "../local/engine/index.js";
import type { FakeTask } from "../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import { type Figures, latencyRow, type Row } from "./figures.js";
import { Workplace } from "./workplace.js";

const comments = 15;
const burst = 200;
const patienceMs = 60_000;

/** https://aws.amazon.com/step-functions/pricing/, us-east-1, Standard workflows. */
const usdPerTransition = 0.025 / 1000;

/** How long comments take to reach the agent, and what they cost in Step Functions. */
export async function benchInbox(bundles: readonly Bundle[]): Promise<Figures[]> {
  const workplace = await Workplace.open(bundles);
  try {
    const { issue, task } = await workplace.runningTask();
    const before = await workplace.drained();
    const samples: number[] = [];
    for (let i = 0; i < comments; i++) samples.push(await sayAndWait(workplace, issue, task, `comment ${i}`));
    const afterSingles = await workplace.drained();
    const burstMs = await sayMany(workplace, issue, task);
    const afterBurst = await workplace.drained();
    await workplace.gitHub.closeIssue(issue, { by: "mona" });
    const all = await workplace.drained();

    return [
      {
        title: `Comment → agent: ${comments} comments, one after the other, to an idle agent`,
        how: "From the comment until the agent has it. The relay checks twice, 3 s apart, that the agent is idle, because idle flaps and the comments of one review must arrive together.",
        rows: [latencyRow("to the agent", samples, 120)],
      },
      {
        title: `A drain of ${burst} comments that arrived while the agent worked`,
        rows: [
          {
            name: "from idle to the last",
            values: { ms: burstMs, messages: task.inputs.length - comments },
          },
        ],
      },
      {
        title: "Cost in Step Functions, from the executions that ran",
        how: `${usdPerTransition * 1000} USD for 1,000 state transitions; every retry counts as one.`,
        rows: [
          cost("a task's start, to running", before, 1),
          cost("a comment, agent listens", newIn(afterSingles, before), comments),
          cost(`a comment, one of ${burst} at once`, newIn(afterBurst, afterSingles), burst),
          cost("a task's end", newIn(all, afterBurst), 1),
          cost("a life with 10 comments", [...before, ...newIn(all, afterBurst)], 1, {
            each: newIn(afterSingles, before),
            of: comments,
            times: 10,
          }),
        ],
      },
    ];
  } finally {
    await workplace.close();
  }
}

/** Milliseconds from a comment until the agent has it. */
async function sayAndWait(workplace: Workplace, issue: Issue, task: FakeTask, body: string): Promise<number> {
  const saidAt = Date.now();
  await workplace.gitHub.comment(issue, { by: "mona", body });
  const input = await until(`"${body}" reaches the agent`, () =>
    task.inputs.find(({ text }) => text.includes(`\n${body}\n`)),
  );
  return input.at - saidAt;
}

/** Milliseconds from the moment a busy agent becomes idle until it has all comments that arrived in the meantime. */
async function sayMany(workplace: Workplace, issue: Issue, task: FakeTask): Promise<number> {
  const known = workplace.executionsOf("forward-comment").length;
  task.holdBusy();
  await Promise.all(
    Array.from({ length: burst }, (_, i) =>
      workplace.gitHub.comment(issue, { by: "mona", body: `burst ${i}.` }),
    ),
  );
  await until(
    "all comments wait",
    () => workplace.executionsOf("forward-comment", "SUCCEEDED").length === known + burst,
  );
  const idleAt = Date.now();
  task.release();
  const last = await until("the last comment reaches the agent", () => {
    const told = task.inputs.map(({ text }) => text).join("\n");
    return (
      Array.from({ length: burst }).every((_, i) => told.includes(`\nburst ${i}.\n`)) && task.inputs.at(-1)
    );
  });
  return last.at - idleAt;
}

function newIn(later: readonly ExecutionDescription[], earlier: readonly ExecutionDescription[]) {
  const known = new Set(earlier.map(({ executionArn }) => executionArn));
  return later.filter(({ executionArn }) => !known.has(executionArn));
}

/** Transitions and dollars of the executions, divided by `count`; `more` adds transitions of another kind. */
function cost(
  name: string,
  executions: readonly ExecutionDescription[],
  count: number,
  more?: { each: readonly ExecutionDescription[]; of: number; times: number },
): Row {
  const extra = more ? (transitionsOf(more.each) / more.of) * more.times : 0;
  const transitions = transitionsOf(executions) / count + extra;
  return { name, values: { transitions, "USD per 1,000": transitions * usdPerTransition * 1000 } };
}

function transitionsOf(executions: readonly ExecutionDescription[]): number {
  return executions.reduce((sum, { stateTransitions }) => sum + stateTransitions, 0);
}

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + patienceMs; ; await sleep(5)) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`);
  }
}
