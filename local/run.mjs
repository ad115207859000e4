// `node local/run.mjs start` (or `demo`) runs `local/start.ts`. It is compiled once and cached in `dist/local/` under the
// hash of its sources.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { builtOnce } from "./build/built-once.mjs";
import { compile } from "./build/compile.mjs";

const programs = ["start", "demo"];
const [, , name] = process.argv;
if (!programs.includes(name)) {
  console.error(`There is no program "${name}". Usage: node local/run.mjs ${programs.join("|")}`);
  process.exit(2);
}
process.argv.splice(2, 1);
const folder = await builtOnce(name, (outdir) => compile([`local/${name}`], outdir));
await import(pathToFileURL(join(folder, `${name}.mjs`)).href);
