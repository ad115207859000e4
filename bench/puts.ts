import type { Bundle } from "../infra/bundling/bundle.js";
import type { FakeTask } from "../local/fake-coder/tasks/fake-task.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import { flowArn } from "../local/system/system.js";
import type { Figures, Row } from "./figures.js";
import { Sender, type SignedDelivery, signed } from "./sender.js";
import { until } from "./until.js";
import { Workplace } from "./workplace.js";

const sizes = [100, 1000, 10_000];
const connections = 16;

/** The largest size takes several minutes. */
const patienceMs = 30 * 60_000;

/** The cost of puts into one inbox while its agent works, and of one more comment after all of them were delivered. */
export async function benchPuts(bundles: readonly Bundle[]): Promise<Figures[]> {
  const rows: Row[] = [];
  for (const size of sizes) rows.push(await measure(bundles, size));
  return [
    {
      title: "Puts into one inbox while the agent works",
      how: `Comments over ${connections} connections. "reads": items read from the table. "retried": states that failed and were tried again, except observations of the agent. "told": from the end of the agent's work until it has all comments. "a comment after": items read by one more comment once all are delivered.`,
      rows,
    },
  ];
}

async function measure(bundles: readonly Bundle[], size: number): Promise<Row> {
  const workplace = await Workplace.open(bundles);
  try {
    let itemsRead = 0;
    workplace.system.dynamoDb.onCall = (call) => {
      itemsRead += call.itemsRead;
    };
    const { issue, task } = await workplace.runningTask();
    task.holdBusy();
    const deliveries: SignedDelivery[] = [];
    for (let i = 0; i < size; i++) deliveries.push(signed(await workplace.commented(issue, `Comment ${i}.`)));
    itemsRead = 0;
    const start = performance.now();
    await sendAll(workplace, deliveries);
    const seconds = (performance.now() - start) / 1000;
    const readsOfPuts = itemsRead;
    const executions = workplace.executionsOf("forward-comment");
    const transitions = executions.reduce((sum, { stateTransitions }) => sum + stateTransitions, 0);
    const retried = executions
      .flatMap(({ executionArn }) => workplace.system.engine.history(executionArn))
      .filter(({ taskFailedEventDetails }) => taskFailedEventDetails).length;

    const released = performance.now();
    task.release();
    await told(task, `Comment ${size - 1}.`, { ms: patienceMs });
    const tellingMs = performance.now() - released;
    await workplace.drained();
    const readsOfTelling = itemsRead - readsOfPuts;
    const readsAfter = await readsOfAComment(workplace, issue, task, () => itemsRead);
    return {
      name: `${size} puts`,
      values: {
        "reads a put": readsOfPuts / size,
        "transitions a put": transitions / size,
        "ms a put": (1000 * seconds) / size,
        "reads a comment told": readsOfTelling / size,
        "ms a comment told": tellingMs / size,
        retried,
        "a comment after": readsAfter,
      },
      aims: { "reads a put": 5, "a comment after": 10 },
    };
  } finally {
    await workplace.close();
  }
}

/** Sends deliveries, and waits until their flows have ended. */
async function sendAll(workplace: Workplace, deliveries: readonly SignedDelivery[]): Promise<void> {
  const left = [...deliveries];
  let put = 0;
  // Counted by events, because listing all executions takes longer the more there are.
  const unsubscribe = workplace.system.engine.onStatusChange(({ stateMachineArn, status }) => {
    if (stateMachineArn === flowArn("forward-comment") && status === "SUCCEEDED") put += 1;
  });
  const senders = Array.from({ length: connections }, () => new Sender(workplace.webhookUrl));
  try {
    await Promise.all(
      senders.map(async (sender) => {
        for (let delivery = left.shift(); delivery; delivery = left.shift()) await sender.send(delivery);
      }),
    );
  } finally {
    for (const sender of senders) sender.close();
  }
  await until("all comments are put", () => put === deliveries.length, { ms: patienceMs, pollMs: 100 });
  unsubscribe();
}

async function readsOfAComment(
  workplace: Workplace,
  issue: Issue,
  task: FakeTask,
  read: () => number,
): Promise<number> {
  await workplace.drained();
  await workplace.rested(task);
  const before = read();
  await workplace.gitHub.comment(issue, { by: "mona", body: "One more." });
  await told(task, "One more.");
  await workplace.drained();
  return read() - before;
}

function told(task: FakeTask, text: string, patience = {}) {
  return until(`"${text}" reaches the agent`, () => task.inputs.some((input) => input.text.includes(text)), {
    pollMs: 50,
    ...patience,
  });
}
