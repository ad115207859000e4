import { randomUUID } from "node:crypto";
import type { Bundle } from "../infra/bundling/bundle.js";
import type { Figures } from "./figures.js";
import { Sender, signed } from "./sender.js";
import { Workplace } from "./workplace.js";

const pushes = 20;
const repo = "octo/app";
/** USD per state transition of a Standard workflow in us-east-1: https://aws.amazon.com/step-functions/pricing/ */
const usdEach = 0.025 / 1000;

/** The cost in Step Functions of watching one pull request while its base branch gets pushes, far apart. */
export async function benchWatch(bundles: readonly Bundle[]): Promise<Figures[]> {
  const workplace = await Workplace.open(bundles);
  const sender = new Sender(workplace.webhookUrl);
  try {
    const { gitHub } = workplace;
    const { issue } = await workplace.runningTask();
    const by = gitHub.agentLogin;
    await gitHub.openPull({ repo, by, head: "fix", closes: [issue.number], deliver: false });
    for (let i = 0; i < pushes; i++) {
      const { event, raw } = await gitHub.push({ repo, by: "mona", files: { a: `${i}` }, deliver: false });
      await sender.send(signed({ event, guid: randomUUID(), body: raw, secret: gitHub.webhookSecret }));
      await workplace.drained();
    }
    const runs = workplace.executionsOf("watch-pulls");
    const transitions = runs.reduce((sum, { stateTransitions }) => sum + stateTransitions, 0);
    return [
      {
        title: `Watching one pull request with ${pushes} pushes to its base branch`,
        rows: [
          {
            name: "watch-pulls",
            values: { transitions, "US cents": 100 * transitions * usdEach },
            aims: { "US cents": 0.2 },
          },
        ],
      },
    ];
  } finally {
    sender.close();
    await workplace.close();
  }
}
