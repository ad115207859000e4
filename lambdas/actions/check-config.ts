import * as z from "zod/mini";
import { type Checked, checkConfig } from "../config/check.js";
import { connectGitHub } from "../github/app.js";
import { configProposedSchema, configPushSchema } from "../model/config-event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({
  event: z.discriminatedUnion("type", [configPushSchema, configProposedSchema]),
});

/** Checks the config at an event's commit and writes the result as a check run. */
export async function handler(input: unknown): Promise<Checked> {
  const { event } = parseInput(inputSchema, input);
  return checkConfig(await connectGitHub(), event);
}
