import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../infra/bundling/bundle.js";
import type { Issue } from "../local/fake-github/issues/issues.js";
import { flowArn } from "../local/system/system.js";
import { type Figures, latencyRow } from "./figures.js";
import { Sender, signed } from "./sender.js";
import { statesOnTheWay } from "./states.js";
import { Workplace } from "./workplace.js";

const warmUp = 10;
const measured = 60;
const everyMs = 150;
const fakeLatencyMs = 3;

/** The time from assigning an issue to the first status comment under it. */
export async function benchComment(bundles: readonly Bundle[]): Promise<Figures[]> {
  const workplace = await Workplace.open(bundles);
  const sender = new Sender(workplace.webhookUrl);
  workplace.gitHub.http.latencyMs = fakeLatencyMs;
  workplace.coder.http.latencyMs = fakeLatencyMs;
  try {
    const sentAt = new Map<string, number>();
    for (let i = 0; i < warmUp + measured; i++) {
      const { issue, ...delivery } = await workplace.assigned();
      const ready = signed(delivery);
      const pace = sleep(everyMs);
      // The fake records its calls in whole milliseconds since the epoch.
      if (i >= warmUp) sentAt.set(commentsPath(issue), Date.now());
      const { status } = await sender.send(ready);
      if (status !== 202) throw new Error(`a delivery was answered with ${status} instead of 202`);
      await pace;
    }
    await workplace.drained();

    const creations = workplace.gitHub.http.calls.filter(({ method }) => method === "POST");
    const samples = [...sentAt].map(([path, sent]) => {
      const [comment, ...more] = creations.filter((call) => call.path === path);
      if (!comment || more.length > 0)
        throw new Error(`POST ${path} came ${more.length > 0 ? "twice" : "never"}`);
      return comment.at - sent;
    });
    const { engine } = workplace.system;
    const flows = engine.list({ stateMachineArn: flowArn("create-task") }).slice(0, measured);
    return [
      {
        title: `Webhook → "created": ${measured} issues, one every ${everyMs} ms, fakes that take ${fakeLatencyMs} ms`,
        how: "From sending the delivery until GitHub has the request for the status comment.",
        rows: [latencyRow("to the comment", samples, 30)],
      },
      {
        title: "Where that time goes: the states in between",
        rows: statesOnTheWay(
          flows.map(({ executionArn }) => engine.history(executionArn)),
          "Announce created",
        ),
      },
    ];
  } finally {
    sender.close();
    await workplace.close();
  }
}

function commentsPath({ repo, number }: Issue): string {
  return `/repos/${repo.owner.login}/${repo.name}/issues/${number}/comments`;
}
