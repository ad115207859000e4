import "./system/quiet-sdk.js";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { SettingsError } from "../infra/definition/settings.js";
import { coders } from "./demo/agents.js";
import { Playground } from "./demo/playground.js";
import { prepareAppKey } from "./fake-github/app/app-key.js";
import { localBundles } from "./lambda-host/bundles.js";
import { openState, StateFolderError } from "./state/state.js";
import { writeAwsEnvironment } from "./system/aws-environment.js";
import { takeFolder, writeConnection } from "./system/connection.js";
import { defaultFolder, stateFolder } from "./system/state-folder.js";
import { startSystem } from "./system/system.js";

/**
 * `npm start`: runs the whole system on this machine until it is interrupted. It uses the real GitHub and Coder if
 * the environment or `.env` names them, and fakes otherwise.
 */

if (existsSync(".env")) process.loadEnvFile(".env");

const defaultPort = 8787;

const [argument] = process.argv.slice(2);
if (argument !== undefined) {
  console.error(
    `npm start takes no arguments, but got ${argument}. It is configured by the environment and .env: docs/one-machine.md, .env.example`,
  );
  process.exit(2);
}

try {
  const port = numberFrom("PORT", defaultPort, "a whole number from 0 to 65535", isPort);
  // Not 0, because grace periods of hours would pass instantly.
  const timeScale = numberFrom("LOCAL_TIME_SCALE", 1, "a number above 0", (scale) => scale > 0);
  await run(port, timeScale);
} catch (error) {
  const wrongPort = portFault(error);
  const isKnown = wrongPort || error instanceof SettingsError || error instanceof StateFolderError;
  if (!isKnown) throw error;
  console.error(wrongPort ?? (error as Error).message);
  // The parts that have already started would keep the process alive.
  process.exit(1);
}

async function run(port: number, timeScale: number): Promise<void> {
  const folder = stateFolder(process.env);
  const state = folder.path && folder.isKept ? await openState(folder.path, stop) : undefined;
  // The fake GitHub's key is generated while esbuild runs.
  const [bundles] = await Promise.all([localBundles(), process.env.GITHUB_API_URL ? null : prepareAppKey()]);
  const system = await startSystem({
    state,
    bundles,
    settings: process.env,
    port,
    timeScale,
    preload: ["create-task"],
    recurring: true,
    coder: { ...fakeCoder(), bootMs: 5_000, deleteMs: 2_000, stopMs: 2_000, turnMs: 5_000 },
    onLog: ({ line }) => console.log(line),
  });
  const { gitHub, coder } = system;
  const playground = gitHub && new Playground(gitHub, coder);
  const commands = (await playground?.listen()) ?? [];
  const rows = [
    ["Deliveries", `POST ${system.webhookUrl}`],
    ["Health", `${system.api.url}/healthz`],
    ["Config schema", `${system.api.url}/schema.json`],
    ["GitHub", gitHub ? `${gitHub.url} (fake)` : `${process.env.GITHUB_API_URL}`],
    ["Coder", coder ? `${coder.url} (fake)` : `${process.env.CODER_URL}`],
    ["Step Functions", system.stepFunctions.url],
    ["Scheduler", system.scheduler.url],
    ["Secrets Manager", system.secretsManager.url],
    ["DynamoDB", system.dynamoDb.url],
    ["State", state ? `${folder.path}` : "in memory only: it is lost when this process ends"],
  ];
  const aws = writeAwsEnvironment(system);
  const { path } = folder;
  // Another system that keeps its state in memory may be using this folder.
  const lock = path === undefined ? undefined : await takeFolder(path);
  const reached = lock && path !== undefined ? path : dirname(aws.path);
  const connection = writeConnection(system, reached);
  process.once("exit", aws.remove);
  process.once("exit", connection.remove);
  for (const [name = "", where] of rows) console.log(`${name.padEnd(16)} ${where}`);
  if (commands.length > 0) console.log(`\nTry it:\n  ${commands.join("\n  ")}`);
  console.log(`\nThe aws CLI:\n  . ${aws.path}   # sets its credentials and endpoints in this shell`);
  console.log("  aws stepfunctions list-state-machines");
  const variable = reached === defaultFolder ? "" : `LOCAL_STATE_DIR=${reached} `;
  console.log(`\nWhat is running, waiting or failed:\n  ${variable}npm run relay -- status --local`);
  console.log("\nPress Ctrl-C to stop.");

  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  console.log("\nStopping.");
  await playground?.close();
  await system.close();
  connection.remove();
  await lock?.release();
}

/** Ends the process, because it may not continue with a state that isn't stored. */
function stop({ message }: Error): never {
  console.error(message);
  process.exit(1);
}

/** A fake Coder with the API that the settings ask for. */
function fakeCoder() {
  return coders[process.env.CODER_BACKEND === "chats" ? "chats" : "tasks"].coder;
}

/** The sentence about a port at which the API can't listen; `undefined` for any other error. */
function portFault(error: unknown): string | undefined {
  const { code } = Object(error) as NodeJS.ErrnoException;
  const fault = code === "EADDRINUSE" ? "is taken" : code === "EACCES" ? "needs more rights" : undefined;
  const port = process.env.PORT || defaultPort;
  return fault && `PORT ${port} ${fault}; expected a free port, for example PORT=${defaultPort + 1}`;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 65535;
}

function numberFrom(
  name: string,
  fallback: number,
  expected: string,
  isRight: (value: number) => boolean,
): number {
  const text = process.env[name];
  if (text === undefined || text.trim() === "") return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && isRight(value)) return value;
  throw new SettingsError(
    `${name} is out of range or not a number; expected ${expected}, for example ${name}=${fallback}`,
  );
}
