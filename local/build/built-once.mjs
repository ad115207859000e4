// Plain JavaScript, because `local/run.mjs` needs it before anything is compiled.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const cache = join(root, "dist/local");

/** The sources of the local system. */
const sources = ["infra", "lambdas", "local", "package-lock.json"];

/** How long a build is kept after its last use. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** @type {string | undefined} */
let known;

/**
 * Returns a folder that `make` has filled. It is filled only once until a source changes. Several processes may call this
 * at the same time.
 *
 * @param {string} name
 * @param {(folder: string) => Promise<unknown>} make gets the absolute path of an empty folder.
 * @returns {Promise<string>}
 */
export async function builtOnce(name, make) {
  known ??= hashOfSources();
  const folder = join(cache, `${known}-${name}`);
  if (existsSync(folder)) {
    const now = new Date();
    await utimes(folder, now, now);
    return folder;
  }
  const draft = `${folder}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  try {
    await make(draft);
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    // Another process may have finished first.
    if (!existsSync(folder)) throw error;
  }
  await removeOld();
  return folder;
}

function hashOfSources() {
  const hash = createHash("sha256").update(root);
  for (const source of sources) addTo(hash, join(root, source));
  return hash.digest("hex").slice(0, 16);
}

/**
 * @param {import("node:crypto").Hash} hash
 * @param {string} path
 */
function addTo(hash, path) {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) addTo(hash, join(path, name));
  } else {
    hash.update(`${path}\0`).update(readFileSync(path));
  }
}

async function removeOld() {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    if (Date.now() - statSync(path).mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
}
