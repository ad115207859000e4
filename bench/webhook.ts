import { setTimeout as sleep } from "node:timers/promises";
import type { Bundle } from "../infra/bundling/bundle.js";
import { type Figures, latencyRow } from "./figures.js";
import { type PreparedDelivery, Sender, type SignedDelivery, signed } from "./sender.js";
import { Workplace } from "./workplace.js";

const warmUp = 50;
const measured = 500;

/** The pause between two accepted deliveries: longer than a flow needs before it waits for its task to boot. */
const pauseMs = 60;

/** How fast the HTTP API answers deliveries that arrive one after the other over one connection. */
export async function benchWebhook(bundles: readonly Bundle[]): Promise<Figures[]> {
  const workplace = await Workplace.open(bundles);
  const sender = new Sender(workplace.webhookUrl);
  try {
    const round = { sender, workplace };
    const skip = () => latencies(round, 200, () => workplace.assigned("mona"));
    const first = await skip();
    const skipped = await skip();
    const rejected = await latencies(round, 401, async () => ({
      ...(await workplace.assigned()),
      secret: "not the secret of this App",
    }));
    const known = await workplace.assigned();
    await sender.send(signed(known));
    await workplace.drained();
    const duplicate = await latencies(round, 200, async () => known);
    const accepted = await latencies(round, 202, () => workplace.assigned(), pauseMs);
    const rushed = await latencies(round, 202, () => workplace.assigned());
    return [
      {
        title: `Webhook: request → answer over HTTP, ${measured} deliveries one after the other`,
        how: `"skipped, new process": before V8 has compiled the code that each delivery runs; all others: as in a container that has served for a while. "accepted": one about every ${pauseMs} ms, while the earlier flows run. "accepted, rushed": without that pause, so the webhook shares this machine's processor with the flows, which in AWS run elsewhere.`,
        rows: [
          latencyRow("skipped, new process", first),
          latencyRow("skipped", skipped, 0.25),
          latencyRow("rejected", rejected, 0.2),
          latencyRow("duplicate", duplicate, 0.5),
          latencyRow("accepted", accepted, 6),
          latencyRow("accepted, rushed", rushed),
        ],
      },
    ];
  } finally {
    sender.close();
    await workplace.close();
  }
}

/** The latency of each delivery after the warm-up, in milliseconds. Returns once the started flows have ended. */
async function latencies(
  { sender, workplace }: { sender: Sender; workplace: Workplace },
  expected: number,
  prepare: () => Promise<PreparedDelivery>,
  pause = 0,
): Promise<number[]> {
  const deliveries: SignedDelivery[] = [];
  for (let i = 0; i < warmUp + measured; i++) deliveries.push(signed(await prepare()));
  const samples: number[] = [];
  for (const delivery of deliveries) {
    if (pause > 0) await sleep(pause);
    const { status, ms } = await sender.send(delivery);
    if (status !== expected) throw new Error(`a delivery was answered with ${status} instead of ${expected}`);
    samples.push(ms);
  }
  await workplace.drained();
  return samples.slice(warmUp);
}
