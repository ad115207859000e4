import { join } from "node:path";
import { createFolder } from "./folder.js";

/** A folder that this process holds. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Locks a folder for this process and creates it if it doesn't exist. Returns `undefined` if another process holds the lock
 * or the folder can't be written. This is the lock that LevelDB puts on a database: the operating system grants it to one
 * process and frees it when that process ends, even by SIGKILL.
 */
export async function lockFolder(folder: string): Promise<FolderLock | undefined> {
  const { ClassicLevel } = await import("classic-level");
  try {
    await createFolder(folder);
    const level = new ClassicLevel(join(folder, "lock"));
    await level.open();
    return { release: () => level.close() };
  } catch {
    return undefined;
  }
}
