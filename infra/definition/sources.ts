import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The files that a deployment is built from. */
const sources = ["infra", "lambdas", "statemachines", "package-lock.json"];

/**
 * A hash of these files in this checkout (16 hexadecimal digits). `npm run relay -- doctor` compares it with the deployed
 * one.
 */
export function hashOfSources(): string {
  const hash = createHash("sha256");
  const add = (path: string) => {
    const absolute = join(root, path);
    if (!statSync(absolute).isDirectory()) hash.update(`${path}\0`).update(readFileSync(absolute));
    else for (const name of readdirSync(absolute).sort()) add(`${path}/${name}`);
  };
  for (const source of sources) add(source);
  return hash.digest("hex").slice(0, 16);
}
