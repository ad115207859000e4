import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** A folder that this process has. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder, which is created if it doesn't exist, for this process alone; `undefined` if another one has it, or if it
 * can't be written. It is LevelDB's lock of a database: the operating system grants it to one process, and frees it when
 * that ends, even by SIGKILL.
 */
export async function lockFolder(folder: string): Promise<FolderLock | undefined> {
  const { ClassicLevel } = await import("classic-level");
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const level = new ClassicLevel(join(folder, "lock"));
    await level.open();
    return { release: () => level.close() };
  } catch {
    return undefined;
  }
}
