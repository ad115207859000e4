import { parseRepoConfig } from "../config/repo-config.js";
import { isIgnored } from "./ignoring.js";

/** Tells by name whether a repository's config file ignores a check. A file with faults ignores none. */
export function ignoredChecks({ file }: { file: string | null | undefined }): (name: string) => boolean {
  const parsed = file == null ? undefined : parseRepoConfig(Buffer.from(file));
  const patterns = parsed && "config" in parsed ? parsed.config.ci.ignore : [];
  return (name) => isIgnored(patterns, name);
}
