import { join, resolve } from "node:path";
import type { ClassicLevel } from "classic-level";
import { ExecutionJournal } from "./execution-journal.js";
import { createFolder } from "./folder.js";
import { Section } from "./section.js";
import { Store } from "./store.js";

/** The format of the folder. Raise it if an older version would misread what this version writes. */
const format = 1;

/** A state folder that can't be used. The message says why and what to do. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

/** What outlives the process: everything that AWS would keep. */
export interface State {
  executions: ExecutionJournal;
  secrets: Section;
  /** Which configured secrets have been put into Secrets Manager. */
  configuredSecrets: Section;
  schedules: Section;
  /** The failed executions that `report-failure` has yet to report. */
  reports: Section;
  /** The folder of the table. */
  tablePath: string;
  /** Resolves once all changes so far are on the disk. */
  stored(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the state in a folder, which is created if it doesn't exist. Only one process can have it open.
 *
 * @param onFailure called if the folder can no longer be written. The process must then stop, because nothing is stored any
 * longer.
 * @throws StateFolderError
 */
export async function openState(
  folder: string,
  onFailure: (error: StateFolderError) => void,
): Promise<State> {
  const path = resolve(folder);
  const fault = (why: string) => new StateFolderError(`LOCAL_STATE_DIR=${folder}: ${why}`);
  const tablePath = join(path, "table");
  const level = await openLevel(join(path, "relay"), fault);
  try {
    // dynalite doesn't say why it can't open its folder.
    await (await openLevel(tablePath, fault)).close();
  } catch (error) {
    await level.close();
    throw error;
  }
  const store = new Store(level, (error) =>
    onFailure(fault(`the state can't be written: ${error.message}. Free space on its disk, and start again`)),
  );
  const found = store.get("format");
  if (found === undefined) store.put("format", format);
  if (Number(found) > format) {
    await level.close();
    throw fault(
      `a newer version of the relay wrote this folder (format ${found}, expected ${format}); start that version, or name another folder`,
    );
  }
  return {
    executions: new ExecutionJournal(store),
    secrets: await Section.open(store, "secret"),
    configuredSecrets: await Section.open(store, "configured"),
    schedules: await Section.open(store, "schedule"),
    reports: await Section.open(store, "report"),
    tablePath,
    stored: () => store.stored(),
    close: () => store.close(),
  };
}

async function openLevel(path: string, fault: (why: string) => StateFolderError): Promise<ClassicLevel> {
  const { ClassicLevel } = await import("classic-level");
  try {
    // It holds secrets.
    await createFolder(path);
    const level = new ClassicLevel(path);
    await level.open();
    return level;
  } catch (error) {
    throw fault(reasonOf(error));
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error instanceof Error ? error : new Error(String(error));
  const { code, message: detail } = Object.assign(new Error(message), cause) as NodeJS.ErrnoException;
  if (code === "LEVEL_LOCKED") {
    return "another process uses this folder; stop it, or name another folder";
  }
  if (code === "LEVEL_CORRUPTION") {
    return `the folder is damaged: ${detail}. Restore it from a back-up, or name another folder`;
  }
  return `the folder can't be opened: ${detail}. Expected a folder that this user may create and write; name another one, such as LOCAL_STATE_DIR=.relay`;
}
