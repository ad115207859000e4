import * as z from "zod/mini";
import { type Progress, syncInstallation } from "../config/installation-sync.js";
import { connectGitHub } from "../github/app.js";
import { repositoriesAddedSchema, repositoriesRemovedSchema } from "../model/config-event.js";
import { parseInput, stateIn } from "../model/flow-input.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [repositoriesAddedSchema, repositoriesRemovedSchema]),
  /** The result of the previous call; absent in the first call. */
  progress: z.optional(z.object({ position: z.int() })),
  /** The same in executions that an earlier version started. */
  position: z._default(z.int(), 0),
});

/** Syncs the schedules of the next repositories that were added or removed. */
export async function handler(input: unknown): Promise<Progress> {
  const { event, position, progress = { position } } = parseInput(inputSchema, stateIn(input));
  return syncInstallation(await connectGitHub(), event, progress.position);
}
