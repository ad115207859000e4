import * as z from "zod/mini";
import { base, name, personSchema, repositorySchema } from "./event.js";
import { namedRepositories } from "./event-limits.js";

const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));

/** The default branch has a new head, and `.code-factory/config.toml` may be another one there. */
export const configPushSchema = z.object({
  ...base,
  type: z.literal("config_push"),
  push: z.object({
    /** The commit that the branch was at before; zeros where there was no branch. */
    before: commit,
    /** The commit that it is at since. */
    after: commit,
    /** Whether one of the commits removes the file by name. */
    removed: z.boolean(),
    /** Who has pushed, by GitHub's word, where that is not the sender: then nobody knows who it was. */
    pusher: z.optional(name),
  }),
});

/** A pull request has a new head. Whether it changes the file, GitHub must be asked. */
export const configProposedSchema = z.object({
  ...base,
  type: z.literal("config_proposed"),
  pull: z.object({
    number: z.int().check(z.positive()),
    headSha: commit,
    /** The branch that it is to be merged into; named only where it changes more files than GitHub lists at once. */
    onto: z.optional(name),
  }),
});

const installationBase = {
  delivery: name,
  installation: z.int(),
  /** The login of who has installed the App. All repositories of an installation are this account's. */
  account: name,
  /** The account's id; missing where the account is gone. */
  accountId: z.optional(z.int()),
  sender: personSchema,
};

/** The App was installed on repositories, or may use them again. */
export const repositoriesAddedSchema = z.object({
  ...installationBase,
  type: z.literal("repositories_added"),
  /** `null` stands for all that the installation has. */
  repositories: z.nullable(z.array(repositorySchema).check(z.maxLength(namedRepositories))),
});

/** The App may not use repositories any more. */
export const repositoriesRemovedSchema = z.object({
  ...installationBase,
  type: z.literal("repositories_removed"),
  /** `null` stands for all that are known of the installation. */
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
