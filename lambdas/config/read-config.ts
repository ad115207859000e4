import type { Octokit } from "@octokit/rest";
import { type RepositoryName, readFile } from "../github/contents.js";
import { configPath } from "../model/config-path.js";
import { type Fault, parseRepoConfig, type RepoConfig } from "./repo-config.js";
import { maxFileBytes } from "./toml.js";

/** The outcome of reading a repository's config at one commit. */
export type ConfigState =
  | { state: "absent" }
  | { state: "valid"; config: RepoConfig; warnings: Fault[] }
  | { state: "invalid"; faults: Fault[]; warnings: Fault[] };

/**
 * Reads `.code-factory/config.toml` at a commit; without `ref`, at the head of the default branch. A fault in
 * the file is an outcome, never an error. Throws a `TransientError` if GitHub does not show the commit yet.
 */
export async function readConfig(
  octokit: Octokit,
  repository: RepositoryName,
  ref?: string,
): Promise<ConfigState> {
  const file = await readFile(octokit, repository, configPath, ref);
  if (file.kind === "absent") return { state: "absent" };
  if (file.kind === "unreadable") {
    const message = `${file.reason} Expected a TOML file of at most ${maxFileBytes / 1024} KiB.`;
    return { state: "invalid", faults: [{ line: 1, path: "", message }], warnings: [] };
  }
  const parsed = parseRepoConfig(file.bytes);
  return "faults" in parsed ? { state: "invalid", ...parsed } : { state: "valid", ...parsed };
}
