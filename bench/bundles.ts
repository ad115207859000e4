import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type Bundle, bytesByPackage } from "../infra/bundling/bundle.js";
import { flowNames } from "../infra/definition/action-spec.js";
import { environmentStem } from "../infra/definition/actions.js";
import { lambdaEnvironment, parseSettings } from "../infra/definition/settings.js";
import { flowArn } from "../local/system/system.js";
import { type Figures, median, type Row } from "./figures.js";

const coldStarts = 9;
const packagesShown = 6;
const timer = fileURLToPath(new URL("./import-time.mjs", import.meta.url));
const kilobytes = (bytes: number) => bytes / 1024;

/** The size of each uploaded bundle, its import time at a cold start, and its contents. */
export async function benchBundles(bundles: readonly Bundle[]): Promise<Figures[]> {
  const importTimes = await timeImports(bundles);
  const rows = bundles.map(async (bundle): Promise<Row> => {
    const zipped = await promisify(gzip)(await readFile(bundle.file));
    return {
      name: bundle.name,
      values: {
        KB: kilobytes(bundle.bytes),
        "gzip KB": kilobytes(zipped.length),
        "init ms": median(importTimes.get(bundle) ?? []),
      },
      aims: { KB: bundle.name === "webhook" ? 260 : 480 },
    };
  });
  const ingress = bundles.filter(({ name }) => name === "webhook");
  const [largest] = bundles.filter(({ name }) => name !== "webhook").sort((a, b) => b.bytes - a.bytes);
  return [
    {
      title: "Lambda bundles",
      how: `"init": the import of the bundle in a new process; median of ${coldStarts}.`,
      rows: await Promise.all(rows),
    },
    ...[...ingress, ...(largest ? [largest] : [])].map((bundle) => ({
      title: `The contents of ${bundle.name}`,
      rows: biggestPackages(bundle),
    })),
  ];
}

/** The time of every cold import, in milliseconds. The bundles take turns, so a busy period affects all of them. */
async function timeImports(bundles: readonly Bundle[]): Promise<Map<Bundle, number[]>> {
  const times = new Map<Bundle, number[]>(bundles.map((bundle) => [bundle, []]));
  const env = lambdaSurroundings();
  for (let round = 0; round < coldStarts; round++) {
    for (const [bundle, samples] of times) {
      const { stdout } = await promisify(execFile)(process.execPath, [timer, bundle.file], { env });
      samples.push(Number(stdout));
    }
  }
  return times;
}

function biggestPackages(bundle: Bundle): Row[] {
  const all = [...bytesByPackage(bundle)];
  const rest = all.slice(packagesShown).reduce((sum, [, bytes]) => sum + bytes, 0);
  const shown: [string, number][] = [...all.slice(0, packagesShown), ["(all others)", rest]];
  return shown.map(([name, bytes]) => ({
    name,
    values: { KB: kilobytes(bytes), "%": (100 * bytes) / bundle.bytes },
  }));
}

/** An environment that every bundle accepts. */
function lambdaSurroundings(): Record<string, string> {
  const settings = { CODER_URL: "https://coder.example.com", AGENT_GITHUB_USERNAME: "coder-agent" };
  return {
    ...lambdaEnvironment(parseSettings({ environment: settings, context: () => undefined })),
    ...Object.fromEntries(flowNames.map((flow) => [`${environmentStem(flow)}_FLOW_ARN`, flowArn(flow)])),
    TABLE_NAME: "coder-task-relay",
    WEBHOOK_SECRET_ARN: "webhook",
    GITHUB_APP_SECRET_ARN: "githubApp",
    CODER_TOKEN_SECRET_ARN: "coderToken",
    TASK_MARK_SECRET_ARN: "taskMark",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "none",
    AWS_SECRET_ACCESS_KEY: "none",
  };
}
