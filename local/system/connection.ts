import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOfSources } from "../../infra/definition/sources.js";
import { type FolderLock, lockFolder } from "../state/folder-lock.js";
import { outputs } from "./aws-environment.js";
import type { LocalSystem } from "./system.js";

const file = "connection.json";

/**
 * Writes a file into the folder that tells `npm run relay -- … --local` how to reach this system
 * (`cli/deployment/connection.ts` reads it). Only this user can read the file, because it holds the access key.
 */
export function writeConnection(system: LocalSystem, folder: string): { remove: () => void } {
  const path = join(folder, file);
  const { environment } = system;
  const connection = { outputs: { ...outputs(system), Sources: hashOfSources() }, environment };
  writeFileSync(path, `${JSON.stringify(connection, undefined, 2)}\n`, { mode: 0o600 });
  return { remove: () => rmSync(path, { force: true }) };
}

/**
 * Locks a folder for this process, so that no other system overwrites the file. Returns `undefined` if another system uses
 * the folder. That includes a system of an earlier version, which takes no lock.
 */
export async function takeFolder(folder: string): Promise<FolderLock | undefined> {
  const lock = await lockFolder(folder);
  if (!lock || !(await isTaken(folder))) return lock;
  await lock.release();
  return undefined;
}

/** Whether the folder's file belongs to a running system. */
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
