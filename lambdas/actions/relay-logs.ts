import * as z from "zod/mini";
import { connectGitHub } from "../github/lean-app.js";
import { summarizeFailure } from "../log-relay/failure-summary.js";
import { checkFailedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ event: checkFailedSchema });

/** Summarizes the logs of a failed run in at most 48 KiB of text. */
export async function handler(input: unknown): Promise<{ text: string }> {
  const { event } = parseInput(inputSchema, input);
  const app = await connectGitHub();
  const text = await summarizeFailure(app.installation(event.installation), {
    owner: event.repository.owner,
    repo: event.repository.name,
    runId: event.run.id,
    attempt: event.run.attempt,
  });
  return { text };
}
