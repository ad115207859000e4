import { parseRepoConfig } from "../config/repo-config.js";
import { isIgnored } from "./ignoring.js";

/** Whether the config file of a repository ignores a check, by the check's name. A file with faults ignores none. */
export function ignoredChecks({ file }: { file: string | null | undefined }): (name: string) => boolean {
  const parsed = file == null ? undefined : parseRepoConfig(Buffer.from(file));
  const patterns = parsed && "config" in parsed ? parsed.config.ci.ignore : [];
  return (name) => isIgnored(patterns, name);
}
