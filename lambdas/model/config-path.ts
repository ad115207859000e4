/** The config file of a repository. It has a file of its own here to keep the ingress bundle small. */
export const configPath = ".code-factory/config.toml";
