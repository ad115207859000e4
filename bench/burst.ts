import { actionNames } from "../infra/definition/actions.js";
import { localBundles } from "../local/lambda-host/bundles.js";
import type { Figures } from "./figures.js";
import { Sender, signed } from "./sender.js";
import { Workplace } from "./workplace.js";

const connections = 16;
const seconds = 10;

/**
 * How many tasks a second the local system creates when more deliveries arrive than it can handle. It runs the bundles of
 * `npm start`, because AWS would add containers instead.
 */
export async function benchBurst(): Promise<Figures[]> {
  const files = await localBundles();
  const workplace = await Workplace.open(actionNames.map((name) => ({ name, file: files[name] })));
  const senders = Array.from({ length: connections }, () => new Sender(workplace.webhookUrl));
  try {
    const first = await workplace.assigned();
    await senders[0]?.send(signed(first));
    await workplace.drained();

    const start = performance.now();
    const latencies: number[] = [];
    await Promise.all(
      senders.map(async (sender) => {
        while (performance.now() - start < seconds * 1000) {
          const { status, ms } = await sender.send(signed(await workplace.assigned()));
          if (status !== 202) throw new Error(`a delivery was answered with ${status} instead of 202`);
          latencies.push(ms);
        }
      }),
    );
    await workplace.allEnded();
    const creations = workplace.coder.http.calls.filter(
      ({ method, path, status }) => method === "POST" && /\/tasks\/[^/]+$/.test(path) && status === 201,
    );
    const created = creations.filter(({ at }) => at >= performance.timeOrigin + start);
    const last = Math.max(...created.map(({ at }) => at - performance.timeOrigin));
    const failed = workplace.system.engine.list({ status: "FAILED" }).length;
    return [
      {
        title: `Burst: assignments over ${connections} connections for ${seconds} s`,
        how: "Tasks a second: the number of created tasks, divided by the time from the first delivery until the last task. Answers arrive as fast as the flows finish. Runs the bundles of `npm start`.",
        rows: [
          {
            name: "full creates",
            values: {
              deliveries: latencies.length,
              tasks: created.length,
              "tasks a second": created.length / ((last - start) / 1000),
              "FAILED runs": failed,
              "slowest answer ms": Math.max(...latencies),
            },
            leasts: { "tasks a second": 80 },
            aims: { "FAILED runs": 0 },
          },
        ],
      },
    ];
  } finally {
    for (const sender of senders) sender.close();
    await workplace.close();
  }
}
