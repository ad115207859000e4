import type { Bundle } from "../infra/bundling/bundle.js";
import type { FakeTask } from "../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import { type Figures, latencyRow } from "./figures.js";
import { until } from "./until.js";
import { Workplace } from "./workplace.js";

const comments = 15;
const reviews = 9;
const burst = 200;

/** How long comments and reviews take to reach the agent. */
export async function benchInbox(bundles: readonly Bundle[]): Promise<Figures[]> {
  const workplace = await Workplace.open(bundles);
  try {
    const { issue, task } = await workplace.runningTask();
    const toComments: number[] = [];
    for (let i = 0; i < comments; i++)
      toComments.push(await sayAndWait(workplace, issue, task, `comment ${i}`));
    const toReviews: number[] = [];
    for (let i = 0; i < reviews; i++) toReviews.push(await reviewAndWait(workplace, issue, task, i));
    const known = task.inputs.length;
    const burstMs = await sayMany(workplace, issue, task);

    return [
      {
        title: "To an agent that has been idle for more than five seconds, by Coder's clock",
        how: `${comments} comments, one after the other: from the comment until the agent has it. ${reviews} reviews with six comments each, sent as one message: from the end of the last put. If an agent has been idle for less, the drain observes it again after three seconds, because a report of an idle agent can flap.`,
        rows: [latencyRow("comment → agent", toComments, 120), latencyRow("review → agent", toReviews, 400)],
      },
      {
        title: `A drain of ${burst} comments that arrived while the agent worked`,
        rows: [
          {
            name: "from idle to the last",
            values: { ms: burstMs, messages: task.inputs.length - known },
          },
        ],
      },
    ];
  } finally {
    await workplace.close();
  }
}

/** Milliseconds from a comment until the agent has it. */
async function sayAndWait(workplace: Workplace, issue: Issue, task: FakeTask, body: string): Promise<number> {
  await workplace.rested(task);
  const saidAt = Date.now();
  await workplace.gitHub.comment(issue, { by: "mona", body });
  const input = await until(`"${body}" reaches the agent`, () =>
    task.inputs.find(({ text }) => text.includes(`\n${body}\n`)),
  );
  await workplace.drained();
  return input.at - saidAt;
}

/** Milliseconds from the put of a review's last part until the agent has all of the review. */
async function reviewAndWait(
  workplace: Workplace,
  { number }: Issue,
  task: FakeTask,
  round: number,
): Promise<number> {
  const { gitHub } = workplace;
  const { pull } = await gitHub.openPull({
    repo: "octo/app",
    by: gitHub.agentLogin,
    head: `fix-${round}`,
    closes: [number],
  });
  await workplace.drained();
  await workplace.rested(task);
  const known = { puts: workplace.executionsOf("forward-comment").length, inputs: task.inputs.length };
  await gitHub.review(pull, {
    by: "mona",
    state: "changes_requested",
    body: `Review ${round}.`,
    comments: Array.from({ length: 6 }, (_, i) => ({
      path: "src/a.ts",
      line: i + 1,
      body: `Part ${round}.${i}.`,
    })),
  });
  const input = await until("the review reaches the agent", () =>
    task.inputs.find(({ text }) => text.includes(`Part ${round}.5.`)),
  );
  await workplace.drained();
  if (task.inputs.length !== known.inputs + 1)
    throw new Error(
      `the review came in more than one message: ${task.inputs
        .slice(known.inputs)
        .map(({ text }) => text)
        .join("\n-----\n")}`,
    );
  const puts = workplace.executionsOf("forward-comment").slice(0, -known.puts || undefined);
  return input.at - Math.max(...puts.map(({ stopDate }) => stopDate?.getTime() ?? 0));
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
