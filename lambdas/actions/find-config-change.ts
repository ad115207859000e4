import * as z from "zod/mini";
import { connectGitHub } from "../github/app.js";
import { differsAt, mayChangeFile } from "../github/pull-files.js";
import { RepositoryClient } from "../github/repository.js";
import { configPath } from "../model/config-path.js";
import { TransientError } from "../model/errors.js";
import { configProposedSchema } from "../model/event.js";
import { parseInput } from "../model/flow-input.js";
import { log } from "../runtime/log.js";

const inputSchema = z.object({ event: configProposedSchema });

/** Whether a pull request changes the config. A head that is no longer its newest is left to the newest one's event. */
export async function handler(input: unknown): Promise<{ changed: boolean }> {
  const { event } = parseInput(inputSchema, input);
  const { repository, pull } = event;
  const octokit = (await connectGitHub()).installation(event.installation);
  if (pull.onto !== undefined) {
    const heads = { head: pull.headSha, base: pull.onto };
    return { changed: await differsAt(octokit, repository, configPath, heads) };
  }
  const current = await new RepositoryClient(octokit, repository).pull(pull.number);
  if (current?.headSha !== pull.headSha) {
    // The delivery can be there before the API shows what it speaks of.
    if (!current || Date.parse(current.updatedAt) < Date.parse(event.at)) {
      throw new TransientError(
        `GitHub does not show the newest commit of pull request ${pull.number} yet. It is retried.`,
      );
    }
    log.info("The pull request has a newer head", { pull: pull.number, sha: pull.headSha });
    return { changed: false };
  }
  return { changed: await mayChangeFile(octokit, repository, pull.number, configPath) };
}
