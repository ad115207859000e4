import "../../local/system/quiet-sdk.js";
import { coders } from "../../local/demo/agents.js";
import { localBundles } from "../../local/lambda-host/bundles.js";
import { chaos } from "./chaos.js";
import { type Options, readOptions, usage } from "./options.js";

/** `npm run chaos -- --seed 7 --minutes 2 --lives 50 --runs 20`: the seeds from 7 to 26, one after the other. */
const { seed: first, minutes, lives, runs, coder } = readArguments();
const bundles = await localBundles();
for (let seed = first; seed < first + runs; seed++) {
  const began = performance.now();
  const ms = minutes * 60_000;
  const kills = Math.max(1, Math.round(ms / 15_000));
  const { faults, trace, log } = await chaos({
    seed,
    ms,
    lives,
    kills,
    leaves: 0.1,
    drops: 0.05,
    bundles,
    coder: coders[coder].coder,
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  if (faults.length > 0) {
    console.error(`${log}\n\n${trace}\n`);
    console.error(`Seed ${seed} failed after ${seconds} s:\n- ${faults.join("\n- ")}`);
    const options = `--seed ${seed} --minutes ${minutes} --lives ${lives} --coder ${coder}`;
    console.error(`To repeat it: npm run chaos -- ${options}`);
    process.exit(1);
  }
  console.log(`Seed ${seed}: all is well after ${seconds} s.`);
}
process.exit(0);

function readArguments(): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    if (!options.isHelp) return options;
    console.log(usage);
    return process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return process.exit(2);
  }
}
