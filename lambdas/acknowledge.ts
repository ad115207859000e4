import * as z from "zod/mini";
import { commentPostedSchema } from "./events/event.js";
import { parseInput } from "./flow-input.js";
import { connectGitHub } from "./github/app.js";
import { RepositoryClient } from "./github/repository.js";

const inputSchema = z.object({ event: commentPostedSchema });

/** 👀 on what was said: it was taken in. */
export async function handler(input: unknown): Promise<void> {
  const { event } = parseInput(inputSchema, input);
  const app = await connectGitHub();
  const repository = new RepositoryClient(app.installation(event.installation), event.repository);
  await repository.acknowledge(event.comment.kind, event.comment.id);
}
