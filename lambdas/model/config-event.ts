import * as z from "zod/mini";
import { base, name, personSchema, repositorySchema } from "./event.js";
import { namedRepositories } from "./event-limits.js";

const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));

/** The default branch has a new head, so `.code-factory/config.toml` may have changed. */
export const configPushSchema = z.object({
  ...base,
  type: z.literal("config_push"),
  push: z.object({
    /** The branch's previous commit; zeros if the branch is new. */
    before: commit,
    /** The branch's new commit. */
    after: commit,
    /** Whether one of the commits removes the file by name. */
    removed: z.boolean(),
    /** GitHub's `pusher`, if it differs from the sender. It is then unknown who pushed. */
    pusher: z.optional(name),
  }),
});

/** A pull request has a new head. Only GitHub can say whether it changes the file. */
export const configProposedSchema = z.object({
  ...base,
  type: z.literal("config_proposed"),
  pull: z.object({
    number: z.int().check(z.positive()),
    headSha: commit,
    /** The base branch; present only if the pull request changes more files than GitHub lists at once. */
    onto: z.optional(name),
  }),
});

const installationBase = {
  delivery: name,
  installation: z.int(),
  /** The login of the account that installed the App. All repositories of an installation are this account's. */
  account: name,
  /** The account's id; missing if the account is gone. */
  accountId: z.optional(z.int()),
  sender: personSchema,
};

/** The App was installed on repositories, or may use them again. */
export const repositoriesAddedSchema = z.object({
  ...installationBase,
  type: z.literal("repositories_added"),
  /** `null` stands for all repositories of the installation. */
  repositories: z.nullable(z.array(repositorySchema).check(z.maxLength(namedRepositories))),
});

/** The App may no longer use repositories. */
export const repositoriesRemovedSchema = z.object({
  ...installationBase,
  type: z.literal("repositories_removed"),
  /** `null` stands for all known repositories of the installation. */
  repositories: z.nullable(z.array(repositorySchema).check(z.maxLength(namedRepositories))),
});

/** An event about a repository's config. */
export const configEventSchema = z.discriminatedUnion("type", [
  configPushSchema,
  configProposedSchema,
  repositoriesAddedSchema,
  repositoriesRemovedSchema,
]);

export type ConfigPush = z.output<typeof configPushSchema>;
export type ConfigProposed = z.output<typeof configProposedSchema>;
export type RepositoriesAdded = z.output<typeof repositoriesAddedSchema>;
export type RepositoriesRemoved = z.output<typeof repositoriesRemovedSchema>;
