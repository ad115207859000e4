import "./quiet-sdk.js";
import { existsSync } from "node:fs";
import { SettingsError } from "../infra/settings.js";
import { localBundles } from "./bundles.js";
import { Playground } from "./playground.js";
import { type LocalSystem, startSystem } from "./system.js";

/**
 * `npm start`: the whole system on this machine until it is interrupted, with the real GitHub and Coder where
 * the environment or `.env` names them, with fakes in their place where not.
 */

if (existsSync(".env")) process.loadEnvFile(".env");

const defaultPort = 8787;

try {
  const port = numberFrom("PORT", defaultPort);
  const timeScale = numberFrom("LOCAL_TIME_SCALE", 1);
  const system = await startSystem({
    bundles: await localBundles("start"),
    settings: process.env,
    port,
    timeScale,
    coder: { bootMs: 5_000, deleteMs: 2_000, stopMs: 2_000, turnMs: 5_000 },
    onLog: ({ line }) => console.log(line),
  });
  await run(system);
} catch (error) {
  const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
  if (!isTaken && !(error instanceof SettingsError)) throw error;
  console.error(
    isTaken
      ? `PORT ${process.env.PORT || defaultPort} is taken; expected a free one, for example PORT=${defaultPort + 1}`
      : error.message,
  );
  // What has been started so far would keep the process alive.
  process.exit(1);
}

async function run(system: LocalSystem): Promise<void> {
  const { gitHub, coder } = system;
  const playground = gitHub && new Playground(gitHub, coder);
  const commands = (await playground?.listen()) ?? [];
  const rows = [
    ["Deliveries", `POST ${system.webhookUrl}`],
    ["Health", `${system.api.url}/healthz`],
    ["GitHub", gitHub ? `${gitHub.url} (fake)` : `${process.env.GITHUB_API_URL}`],
    ["Coder", coder ? `${coder.url} (fake)` : `${process.env.CODER_URL}`],
    ["Step Functions", system.stepFunctions.url],
    ["Secrets Manager", system.secretsManager.url],
    ["DynamoDB", system.dynamoDbUrl],
  ];
  for (const [name = "", where] of rows) console.log(`${name.padEnd(16)} ${where}`);
  if (commands.length > 0) console.log(`\nTry it:\n  ${commands.join("\n  ")}`);
  console.log("\nCtrl-C stops it.");

  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  console.log("\nStopping.");
  await playground?.close();
  await system.close();
}

function numberFrom(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text.trim() === "") return fallback;
  const value = Number(text);
  if (Number.isFinite(value) && value >= 0) return value;
  throw new SettingsError(`${name} is not a number; expected one from 0 up, for example ${name}=${fallback}`);
}
