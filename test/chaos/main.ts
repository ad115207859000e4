import { parseArgs } from "node:util";
import { localBundles } from "../../local/lambda-host/bundles.js";
import { chaos } from "./chaos.js";

/** `npm run chaos -- --seed 7 --minutes 2 --lives 50 --runs 20`: the seeds from 7 to 26, one after the other. */
const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    minutes: { type: "string", default: "2" },
    lives: { type: "string", default: "50" },
    runs: { type: "string", default: "1" },
  },
});
const bundles = await localBundles();
const first = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed);
for (let seed = first; seed < first + Number(values.runs); seed++) {
  const began = performance.now();
  const ms = Number(values.minutes) * 60_000;
  const kills = Math.max(1, Math.round(ms / 15_000));
  const lives = Number(values.lives);
  const { faults, trace, log } = await chaos({ seed, ms, lives, kills, leaves: 0.1, bundles });
  const seconds = Math.round((performance.now() - began) / 1000);
  if (faults.length > 0) {
    console.error(`${log}\n\n${trace}\n`);
    console.error(`Seed ${seed} has failed after ${seconds} s:\n- ${faults.join("\n- ")}`);
    console.error(
      `Again: npm run chaos -- --seed ${seed} --minutes ${values.minutes} --lives ${values.lives}`,
    );
    process.exit(1);
  }
  console.log(`Seed ${seed}: all is well after ${seconds} s.`);
}
process.exit(0);
