import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { type Figures, median } from "./figures.js";

const rounds = 3;
const megabytes = 64;
const reader = fileURLToPath(new URL("./read-a-log.mjs", import.meta.url));
const excerpt = fileURLToPath(new URL("../lambdas/log-relay/excerpt.ts", import.meta.url));

const logs = {
  "short lines": "short",
  "short lines with time stamps": "stamped",
  "lines that each hold an error": "errors",
  "lines that hold an error or a keyword": "varied",
};

/** MB a second of short lines on one core, from the time when each line was matched against every pattern. */
const formerMBperSecond = 5.2;

/** How fast logs are read on one core, and how much memory grows. */
export async function benchLogRelay(): Promise<Figures[]> {
  const folder = await mkdtemp(join(tmpdir(), "bench-log-relay-"));
  const bundle = join(folder, "excerpt.mjs");
  try {
    await build({ entryPoints: [excerpt], outfile: bundle, bundle: true, format: "esm", platform: "node" });
    const rows = [];
    for (const [name, kind] of Object.entries(logs)) {
      const values = await read(bundle, kind);
      rows.push(
        kind === "short"
          ? {
              name,
              values: { ...values, "formerly MB/s": formerMBperSecond },
              leasts: { "MB/s": 53.3 },
              aims: { "CPU s": 1.2, "peak MB": 60 },
            }
          : { name, values, aims: { "CPU s": 1.2, "peak MB": 60 } },
      );
    }
    return [
      {
        title: `An excerpt of 48 KiB of a log of ${megabytes} MB`,
        how: `Each in a new process, after it has read a smaller log; median of ${rounds}. CPU time of all threads.`,
        rows,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(bundle: string, kind: string) {
  const seconds: number[] = [];
  const cpuSeconds: number[] = [];
  const grown: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--expose-gc",
      reader,
      bundle,
      kind,
      String(megabytes),
    ]);
    const figures: { seconds: number; cpuSeconds: number; grownMB: number } = JSON.parse(stdout);
    seconds.push(figures.seconds);
    cpuSeconds.push(figures.cpuSeconds);
    grown.push(figures.grownMB);
  }
  return { "MB/s": megabytes / median(seconds), "CPU s": median(cpuSeconds), "peak MB": median(grown) };
}
