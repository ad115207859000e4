import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-relay-"));
  bundle = join(folder, "excerpt.mjs");
  await build({
    entryPoints: [here("../../../lambdas/log-relay/excerpt.ts")],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a log of 64 MB takes less than 60 MB of memory", () => {
  test.each([
    ["as one line", "line"],
    ["full of errors", "errors"],
    ["of long lines", "long"],
    ["of short lines", "short"],
  ])("%s", async (_, kind) => {
    const args = ["--expose-gc", here("./stream-a-log.mjs"), pathToFileURL(bundle).href, kind];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const grown: { rss: number; heap: number; bytes: number } = JSON.parse(stdout);
    expect(grown.rss).toBeLessThan(60);
    expect(grown.heap).toBeLessThan(5);
    expect(grown.bytes).toBeLessThanOrEqual(24 * 1024);
  });
});
