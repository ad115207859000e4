import { type Fault, parseRepoConfig, type RepoConfig } from "../../../lambdas/config/repo-config.js";

export const bytes = (text: string) => new TextEncoder().encode(text);

/** The settings of a file that must be valid. */
export function settings(toml: string): { config: RepoConfig; warnings: Fault[] } {
  const parsed = parseRepoConfig(bytes(toml));
  if ("faults" in parsed) throw new Error(`The file has faults: ${JSON.stringify(parsed.faults)}`);
  return parsed;
}

/** The faults of a file that must be invalid. */
export function faults(file: string | Uint8Array): Fault[] {
  const parsed = parseRepoConfig(typeof file === "string" ? bytes(file) : file);
  if (!("faults" in parsed)) throw new Error("The file has no faults");
  return parsed.faults;
}

/** `7 sandbox.size` for each fault. */
export const places = (found: readonly Fault[]) => found.map(({ line, path }) => `${line} ${path}`.trim());

/** A job with all required keys; `keys` are added or replace those of the same name. */
export function job(keys: Record<string, string> = {}): string {
  const all = { name: '"nightly"', branch: '"main"', schedule: '"0 3 * * *"', prompt: '"Go."', ...keys };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
  return `[[scheduled_jobs]]\n${lines.join("\n")}\n`;
}

/** The same for a rule for failed runs. */
export function rule(keys: Record<string, string> = {}): string {
  const all = { workflows: '["CI"]', branches: '["main"]', ...keys };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
  return `[[on_event.failed_run]]\n${lines.join("\n")}\n`;
}

export const volume = (path: string, size?: string) =>
  `[[sandbox.volumes]]\npath = ${path}\n${size === undefined ? "" : `size = ${size}\n`}`;
