/**
 * `npm run draw` draws the pictures in docs/ from the code: the layers of the Lambdas from their imports, and each flow from
 * its state machine. A picture is between `<!-- draw:NAME -->` and `<!-- /draw -->`. With `--check`, nothing is written, and
 * it is an error if a picture is out of date.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { cruise } from "dependency-cruiser";
import config, { layers } from "../.dependency-cruiser.mjs";

const root = new URL("../", import.meta.url);
const pages = ["docs/architecture.md", "docs/operations.md"];

/** Every room may import these, so their arrows would only clutter the picture. */
const ground = ["runtime", "model", "text"];

/** The rooms of `lambdas/`, the highest first, with an arrow for each room that imports from another. */
async function drawLayers() {
  const { output } = await cruise(["lambdas"], { ...config.options, includeOnly: "^lambdas/" });
  const room = (path) => path.split("/")[1];
  const arrows = new Set(
    output.modules
      .flatMap(({ source, dependencies }) =>
        dependencies.map(({ resolved }) => [room(source), room(resolved)]),
      )
      .filter(([from, to]) => from !== to && !ground.includes(to))
      .map((arrow) => arrow.join(" --> ")),
  );
  const rooms = Object.keys(layers.lambdas).filter((name) => !ground.includes(name));
  const sorted = rooms.flatMap((from) =>
    rooms.map((to) => `${from} --> ${to}`).filter((arrow) => arrows.has(arrow)),
  );
  return ["flowchart TD", ...sorted.map((arrow) => `  ${arrow}`)];
}

/** A state machine as Step Functions' console shows it: tasks, choices, waits and ends by their names. */
async function drawFlow(name) {
  const { StartAt, States } = JSON.parse(
    await readFile(new URL(`statemachines/${name}.asl.json`, root), "utf8"),
  );
  const ids = new Map(Object.keys(States).map((state, i) => [state, `s${i}`]));
  const shapes = { Choice: ["{", "}"], Wait: ["([", "])"], Succeed: ["([", "])"] };
  const nodes = Object.entries(States).map(([state, { Type }]) => {
    const [open, close] = shapes[Type] ?? ["[", "]"];
    return `  ${ids.get(state)}${open}"${state}"${close}`;
  });
  const arrows = Object.entries(States).flatMap(([state, body]) =>
    targetsOf(body).map(({ to, label }) => {
      return `  ${ids.get(state)} -->${label ? `|${label}|` : ""} ${ids.get(to)}`;
    }),
  );
  return ["flowchart TD", `  start(( )) --> ${ids.get(StartAt)}`, ...nodes, ...new Set(arrows)];
}

function targetsOf({ Next, Default, Choices = [], Catch = [] }) {
  return [
    ...Choices.map((choice) => ({ to: choice.Next, label: "" })),
    ...[Next, Default].filter((to) => to !== undefined).map((to) => ({ to, label: "" })),
    ...Catch.map(({ ErrorEquals, Next: to }) => ({ to, label: ErrorEquals.join(", ") })),
  ];
}

const flows = (await readdir(new URL("statemachines/", root)))
  .filter((name) => name.endsWith(".asl.json"))
  .map((name) => name.replace(".asl.json", ""));
const pictures = new Map([["layers", await drawLayers()]]);
for (const flow of flows) pictures.set(flow, await drawFlow(flow));

const stale = [];
for (const page of pages) {
  const text = await readFile(new URL(page, root), "utf8");
  const drawn = text.replace(
    /<!-- draw:(\S+) -->\n.*?<!-- \/draw -->/gs,
    (_, name) =>
      `<!-- draw:${name} -->\n\`\`\`mermaid\n${pictures.get(name).join("\n")}\n\`\`\`\n<!-- /draw -->`,
  );
  if (drawn === text) continue;
  stale.push(page);
  if (!process.argv.includes("--check")) await writeFile(new URL(page, root), drawn);
}
if (process.argv.includes("--check") && stale.length > 0) {
  console.error(`Pictures are out of date in ${stale.join(", ")}. Run: npm run draw`);
  process.exitCode = 1;
}
