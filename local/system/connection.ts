import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOfSources } from "../../infra/definition/sources.js";
import { type FolderLock, lockFolder } from "../state/folder-lock.js";
import { outputs } from "./aws-environment.js";
import type { LocalSystem } from "./system.js";

const file = "connection.json";

/**
 * Writes into a folder, for `npm run relay -- … --local`, how this system is reached: `cli/deployment/connection.ts` reads
 * the file. Only this user can read it, because it holds the access key.
 */
export function writeConnection(system: LocalSystem, folder: string): { remove: () => void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, file);
  const { environment } = system;
  const connection = { outputs: { ...outputs(system), Sources: hashOfSources() }, environment };
  writeFileSync(path, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  return { remove: () => rmSync(path, { force: true }) };
}

/**
 * Takes a folder for this process, so that the file in it is that of one system; `undefined` if another system has it, also
 * one of an earlier version, which takes no lock.
 */
export async function takeFolder(folder: string): Promise<FolderLock | undefined> {
  const lock = await lockFolder(folder);
  if (!lock || !(await isTaken(folder))) return lock;
  await lock.release();
  return undefined;
}

/** Whether a folder has the file of a system that runs. */
export async function isTaken(folder: string): Promise<boolean> {
  try {
    const { environment } = JSON.parse(readFileSync(join(folder, file), "utf8"));
    await fetch(environment.AWS_ENDPOINT_URL_SFN);
    return true;
  } catch {
    // There is no file, or nobody answers.
    return false;
  }
}
