/** Where a repository says how its agent works. Alone in this file, so that the ingress stays small. */
export const configPath = ".code-factory/config.toml";
