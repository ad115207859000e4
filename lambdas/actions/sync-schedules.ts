import * as z from "zod/mini";
import { type SyncOutcome, syncSchedules } from "../config/schedule-sync.js";
import { connectGitHub } from "../github/app.js";
import { configPushSchema } from "../model/config-event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ event: configPushSchema });

/** Syncs the schedules of a repository with the config at the head of its default branch. */
export async function handler(input: unknown): Promise<{ outcome: SyncOutcome }> {
  const { installation, repository, sender, at, push } = parseInput(inputSchema, input).event;
  const octokit = (await connectGitHub()).installation(installation);
  return { outcome: await syncSchedules(octokit, installation, repository, { ...push, at, sender }) };
}
