import type { GitHubApp } from "../github/app.js";
import { findRepository } from "../github/installations.js";
import type { WorkSource } from "../model/record.js";

/**
 * The source of work whose pages are about to be written. If its repository was private at the time of the event, GitHub is
 * asked whether it still is, because what only its readers may see must not be shown once it is public.
 */
export async function withCurrentAudience<Source extends WorkSource>(
  app: GitHubApp,
  source: Source,
): Promise<Source> {
  const { installation, repository } = source;
  if (!repository.private) return source;
  const now = await findRepository(app.installation(installation), repository);
  const isPublic = now?.id === repository.id && !now.private;
  return isPublic ? { ...source, repository: { ...repository, private: false } } : source;
}
