import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { postIfAllowed } from "../github/post-if-allowed.js";
import { RepositoryClient } from "../github/repository.js";
import { commentPostedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";

const inputSchema = z.object({ event: commentPostedSchema });

/** 👀 on what was said: it was taken in. A courtesy, which GitHub may refuse. */
export async function handler(input: unknown): Promise<void> {
  const { event } = parseInput(inputSchema, input);
  const app = await connectGitHub();
  const { comment, installation, repository } = event;
  await postIfAllowed({ said: "👀 on a comment", repositoryId: repository.id }, () =>
    new RepositoryClient(app.installation(installation), repository).acknowledge(comment.kind, comment.id),
  );
}
