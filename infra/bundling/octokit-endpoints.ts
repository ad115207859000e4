import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/** Octokit's table of endpoints: the methods of each namespace. */
type Endpoints = Record<string, Record<string, unknown>>;

/**
 * Keeps only the endpoints whose method name appears somewhere in the sources of the Lambdas. The rest of GitHub's
 * thousand endpoints would take a sixth of a bundle. Methods are called by name, so none that is used can be missing.
 */
export function octokitEndpoints(sources: string): Plugin {
  return {
    name: "octokit-endpoints",
    setup({ onLoad }) {
      const file = /@octokit[\\/]plugin-rest-endpoint-methods[\\/]dist-src[\\/]generated[\\/]endpoints\.js$/;
      onLoad({ filter: file }, async ({ path }) => {
        const { default: all } = (await import(pathToFileURL(path).href)) as { default: Endpoints };
        return { contents: `export default ${JSON.stringify(named(all, wordsIn(sources)))};`, loader: "js" };
      });
    },
  };
}

function named(endpoints: Endpoints, words: ReadonlySet<string>): Endpoints {
  const namespaces = Object.entries(endpoints).map(([namespace, methods]) => {
    const kept = Object.entries(methods).filter(([method]) => words.has(namespace) && words.has(method));
    return [namespace, Object.fromEntries(kept)];
  });
  return Object.fromEntries(namespaces);
}

function wordsIn(folder: string): Set<string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const texts = names
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  return new Set(texts.flatMap((text) => text.match(/\w+/g) ?? []));
}
