import "./system/quiet-sdk.js";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { type CoderName, coders } from "./demo/agents.js";
import { type End, tellStory } from "./demo/story.js";
import { type Moment, Timeline } from "./demo/timeline.js";
import { localBundles } from "./lambda-host/bundles.js";
import { startSystem } from "./system/system.js";

/**
 * `npm run demo`: plays the life of one issue in one process, with a fake GitHub and a fake Coder.
 * Prints a timeline; exits with 1 at the first expectation that isn't met. `--json` prints JSON instead;
 * `--coder` selects the fake Coder's API and version.
 */

/** Waits and retry intervals take a twentieth of the real time, to keep the demo short. */
const timeScale = 0.05;

const { json, name } = readArguments();
const { api } = coders[name];
const print = json ? () => {} : console.log;

const bundles = await localBundles();
const system = await startSystem({
  bundles,
  settings: {},
  timeScale,
  coder: { ...coders[name].coder, bootMs: 600, turnMs: 200 },
});
const { gitHub, coder } = system;
if (!gitHub || !coder) throw new Error("The demo runs only with the fakes.");

const timeline = new Timeline(system);
const moments: Moment[] = [];
const ends: End[] = [];
const isMet = ({ expected, actual }: End) => isDeepStrictEqual(expected, actual);

const story = await tellStory({ system, gitHub, coder, api });
for (const act of story.acts) {
  print(`\n── ${act.title} ──`);
  for (const delivery of await act.play()) timeline.delivered(delivery);
  const found = await act.ends();
  const lines = timeline.take();
  moments.push(...lines);
  for (const line of lines) print(format(line));
  ends.push(...found);
  if (!found.every(isMet)) break;
}
const finalState = story.finalState();
await system.close();

const failed = ends.find((end) => !isMet(end));
if (json) {
  console.log(JSON.stringify({ ok: failed === undefined, timeline: moments, ends, finalState }, null, 2));
} else {
  console.log("\n── At the end ──");
  for (const [where, lines] of Object.entries(finalState))
    console.log(`${where}: ${lines.join("\n        ")}`);
  console.log();
  for (const end of ends) console.log(`${isMet(end) ? "✓" : "✗"} ${end.what}`);
  if (failed) {
    console.log(`\nexpected: ${JSON.stringify(failed.expected)}\nactual:   ${JSON.stringify(failed.actual)}`);
  }
}
process.exitCode = failed ? 1 : 0;

function format({ ms, lane, text }: Moment): string {
  const label = { in: "→ webhook", state: "  state", github: "  GitHub ←", coder: "  Coder ←" }[lane];
  return `${String(ms).padStart(6)} ms ${label.padEnd(11)} ${text}`;
}

function readArguments(): { json: boolean; name: CoderName } {
  const names = Object.keys(coders) as CoderName[];
  const usage = `usage: npm run demo -- [--json] [--coder=${names.join("|")}]`;
  try {
    const { values } = parseArgs({
      options: {
        help: { type: "boolean", short: "h", default: false },
        json: { type: "boolean", default: false },
        coder: { type: "string", default: "tasks" },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const name = names.find((known) => known === values.coder);
    if (!name) throw new Error(`--coder=${values.coder} is not known; expected one of ${names.join(", ")}`);
    return { json: values.json, name };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}
