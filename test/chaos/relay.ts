import type { ActionName } from "../../infra/definition/actions.js";
import type { Fault } from "../../local/http/faults.js";
import { openState } from "../../local/state/state.js";
import { startSystem } from "../../local/system/system.js";
import { type Clock, setClock } from "./clock.mjs";

/** The relay that chaos kills: the local system with a state folder, in its own process. */
export interface RelayOptions {
  folder: string;
  settings: Record<string, string>;
  bundles: Record<ActionName, string>;
  timeScale: number;
  clock: Clock;
}

/** The AWS services whose calls can be made to fail. */
export type Service = "stepFunctions" | "secretsManager" | "dynamoDb";

/** The fields of an execution that the verdict needs. */
export interface RunEnd {
  name: string;
  status: string;
  error?: string;
  cause?: string;
  /** The names of the states that it entered, the newest last. */
  entered: string[];
}

export type Order = { fail: Service; fault: Fault } | { ask: "executions" | "schedules" | "reconcile" };
export type Answer =
  | { ready: string; table: { endpoint: string; accessKeyId: string; secretAccessKey: string } }
  | { executions: RunEnd[] }
  /** The names of the schedules of all jobs. */
  | { schedules: string[] }
  /** The outcome of `reconcile` and the gaps that it found. */
  | { reconcile: { outcome: string; gaps: { gap: string }[] } };

const options: RelayOptions = JSON.parse(process.env.CHAOS_RELAY ?? "");
setClock(options.clock);
const stop = ({ message }: Error) => {
  console.error(message);
  process.exit(1);
};
const system = await startSystem({
  ...options,
  recurring: true,
  state: await openState(options.folder, stop),
  onLog: ({ line }) => console.log(line),
});
const answer = (message: Answer) => process.send?.(message);
const answers = {
  executions: () => answer({ executions: runEnds() }),
  schedules: () => answer({ schedules: system.scheduler.list().map(({ name }) => name) }),
  reconcile: async () => {
    const found = await system.invoke("reconcile", { dryRun: false, minimumAgeSeconds: 0 });
    answer({ reconcile: found as { outcome: string; gaps: { gap: string }[] } });
  },
};

process.on("message", (order: Order) => {
  if ("ask" in order) return answers[order.ask]();
  const faults = order.fail === "dynamoDb" ? system.dynamoDb.faults : system[order.fail].server.faults;
  return faults.add(order.fault);
});
process.on("disconnect", () => process.exit(1));
answer({ ready: system.webhookUrl, table: { endpoint: system.dynamoDb.url, ...system.credentials } });

function runEnds(): RunEnd[] {
  return system.engine.list().map(({ executionArn, name, status, error, cause }) => ({
    name,
    status,
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    entered:
      status === "SUCCEEDED"
        ? []
        : system.engine
            .history(executionArn)
            .flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []),
  }));
}
