import "../local/system/quiet-sdk.js";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Bundle, bundleLambdas } from "../infra/bundling/bundle.js";
import { benchBundles } from "./bundles.js";
import { benchBurst } from "./burst.js";
import { benchComment } from "./comment.js";
import type { Figures } from "./figures.js";
import { benchInbox } from "./inbox.js";
import { benchLife } from "./life.js";
import { benchLogRelay } from "./log-relay.js";
import { benchPuts } from "./puts.js";
import { benchStart } from "./start.js";
import { printed } from "./table.js";
import { benchWatch } from "./watch.js";
import { benchWebhook } from "./webhook.js";

/** `npm run bench` measures speed and size on one machine. All benches except `burst` run the bundles that are deployed. */

/** The benches by their names for `--only`. Each gets the bundles of all Lambdas. */
const benches = {
  start: benchStart,
  webhook: benchWebhook,
  burst: benchBurst,
  comment: benchComment,
  inbox: benchInbox,
  puts: benchPuts,
  life: benchLife,
  watch: benchWatch,
  "log-relay": benchLogRelay,
  bundles: benchBundles,
} satisfies Record<string, (bundles: readonly Bundle[]) => Promise<Figures[]>>;
type BenchName = keyof typeof benches;

const names = Object.keys(benches) as BenchName[];
const dist = fileURLToPath(new URL("../dist/", import.meta.url));

const { json, only } = readArguments();
const machine = { node: process.version, cpus: availableParallelism() };
if (!json) console.log(`Node ${machine.node}, ${machine.cpus} CPUs`);

const bundles = await bundleLambdas({ outdir: `${dist}bench-lambdas` });
const figures: Partial<Record<BenchName, Figures[]>> = {};
for (const name of only) {
  const found = await benches[name](bundles);
  figures[name] = found;
  if (!json) for (const table of found) console.log(`\n${printed(table)}`);
}

const report = JSON.stringify({ machine, figures }, null, 2);
await writeFile(`${dist}bench.json`, `${report}\n`);
if (json) console.log(report);

function readArguments(): { json: boolean; only: readonly BenchName[] } {
  const usage = `usage: npm run bench -- [--json] [--only ${names.join("|")}]…`;
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        only: { type: "string", multiple: true },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const wanted = values.only ?? names;
    const unknown = wanted.find((name) => !Object.hasOwn(benches, name));
    if (unknown !== undefined)
      throw new Error(`There is no bench "${unknown}"; expected one of ${names.join(", ")}`);
    return { json: values.json, only: names.filter((name) => wanted.includes(name)) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}
