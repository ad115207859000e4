import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOfSources } from "../../infra/definition/sources.js";
import { outputs } from "./aws-environment.js";
import type { LocalSystem } from "./system.js";

/**
 * Writes into a folder, for `npm run relay -- … --local`, how this system is reached: `cli/deployment/connection.ts` reads
 * the file. Only this user can read it, because it holds the access key.
 */
export function writeConnection(system: LocalSystem, folder: string): { remove: () => void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "connection.json");
  const { environment } = system;
  const stackOutputs = { ...outputs(system), Sources: hashOfSources() };
  const connection = { processId: process.pid, outputs: stackOutputs, environment };
  writeFileSync(path, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  return { remove: () => rmSync(path, { force: true }) };
}
