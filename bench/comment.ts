import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../infra/bundling/bundle.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import { flowArn } from "../local/system/system.js";
import { type Figures, latencyRow, median, type Row } from "./figures.js";
import { Sender, signed } from "./sender.js";
import { statesOnTheWay } from "./states.js";
import { commentsOn, farMs, Workplace } from "./workplace.js";

const warmUp = 10;
const measured = 60;
const everyMs = 150;
const nearMs = 3;
const longIssues = [0, 300, 1000];
const roundsOfLong = 9;

/** The time from assigning an issue to the first status comment under it. */
export async function benchComment(bundles: readonly Bundle[]): Promise<Figures[]> {
  const near = await measureStream(bundles, nearMs);
  const far = await measureStream(bundles, farMs);
  return [
    {
      title: `Webhook → "created": ${measured} issues, one every ${everyMs} ms`,
      how: "From sending the delivery until GitHub has the request for the status comment.",
      rows: [
        latencyRow(`services take ${nearMs} ms`, near.samples, 30),
        steady(latencyRow(`services take ${farMs} ms`, far.samples, 350)),
      ],
    },
    {
      title: `Where that time goes, with services that take ${nearMs} ms: the states on the way`,
      rows: near.states,
    },
    {
      title: `Webhook → "created" on an issue that has comments, services take ${farMs} ms`,
      how: `Median of ${roundsOfLong} issues each, in turn. The search for a lost status comment reads all pages of an issue's comments.`,
      rows: await measureLongIssues(bundles),
    },
  ];
}

async function measureStream(bundles: readonly Bundle[], latencyMs: number) {
  return withWorkplace(bundles, latencyMs, async (workplace, sender) => {
    const sent: Sent[] = [];
    for (let i = 0; i < warmUp + measured; i++) {
      const pace = sleep(everyMs);
      sent.push(await assign(workplace, sender, 0));
      await pace;
    }
    await workplace.drained();
    const { engine } = workplace.system;
    const flows = engine.list({ stateMachineArn: flowArn("create-task") }).slice(0, measured);
    return {
      samples: sent.slice(warmUp).map((one) => delayOf(workplace, one)),
      states: statesOnTheWay(
        flows.map(({ executionArn }) => engine.history(executionArn)),
        "Announce created",
      ),
    };
  });
}

async function measureLongIssues(bundles: readonly Bundle[]): Promise<Row[]> {
  const medians = await withWorkplace(bundles, farMs, async (workplace, sender) => {
    const samples = new Map<number, number[]>(longIssues.map((comments) => [comments, []]));
    // The first round warms up.
    for (let round = 0; round <= roundsOfLong; round++) {
      for (const [comments, delays] of samples) {
        const sent = await assign(workplace, sender, comments);
        await workplace.drained();
        if (round > 0) delays.push(delayOf(workplace, sent));
      }
    }
    return [...samples].map(([comments, delays]) => ({ comments, ms: median(delays) }));
  });
  const [none] = medians;
  return medians.map(({ comments, ms }) => ({
    name: `${comments} comments`,
    values: { "p50 ms": ms, "times that of none": ms / (none?.ms ?? ms) },
    ...(comments > 0 && { aims: { "times that of none": 1.2 } }),
  }));
}

interface Sent {
  issue: Issue;
  /** Milliseconds since the epoch, as the fake records its calls. */
  at: number;
}

/** Sends the delivery that assigns an issue with comments to the agent. */
async function assign(workplace: Workplace, sender: Sender, comments: number): Promise<Sent> {
  const { issue, ...delivery } = await workplace.assigned(workplace.gitHub.agentLogin, comments);
  const ready = signed(delivery);
  const at = Date.now();
  const { status } = await sender.send(ready);
  if (status !== 202) throw new Error(`a delivery was answered with ${status} instead of 202`);
  return { issue, at };
}

/** Milliseconds until GitHub got the request for the status comment. */
function delayOf({ gitHub }: Workplace, { issue, at }: Sent): number {
  const [comment, ...more] = commentsOn(gitHub, issue);
  if (!comment || more.length > 0)
    throw new Error(`the status comment of #${issue.number} came ${more.length > 0 ? "twice" : "never"}`);
  return comment.at - at;
}

async function withWorkplace<T>(
  bundles: readonly Bundle[],
  latencyMs: number,
  measure: (workplace: Workplace, sender: Sender) => Promise<T>,
): Promise<T> {
  const workplace = await Workplace.open(bundles);
  const sender = new Sender(workplace.webhookUrl);
  workplace.gitHub.http.latencyMs = latencyMs;
  workplace.coder.http.latencyMs = latencyMs;
  try {
    return await measure(workplace, sender);
  } finally {
    sender.close();
    await workplace.close();
  }
}

/** Adds the aim that slow samples are not much slower than the median. */
function steady(row: Row): Row {
  const { "p50 ms": p50 = 0, "p95 ms": p95 = 0 } = row.values;
  return {
    ...row,
    values: { ...row.values, "p95 / p50": p95 / p50 },
    aims: { ...row.aims, "p95 / p50": 1.3 },
  };
}
