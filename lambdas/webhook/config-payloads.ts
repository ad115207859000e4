import * as z from "zod/mini";
import { id, listOf, people, person, text, time, url } from "./payload-fields.js";

/** The payloads of the events about a repository's config: pushes, pull requests and installations. */

/** A SHA-1 or SHA-256 hash. */
const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));
const paths = listOf(z.string());
const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

export const pushSchema = z.object({
  ref: text,
  before: commit,
  after: commit,
  created: z.nullish(z.boolean()),
  deleted: z.nullish(z.boolean()),
  forced: z.nullish(z.boolean()),
  pusher: z.nullish(z.object({ name: z.nullish(text) })),
  /** Oldest first. */
  commits: listOf(z.object({ id: z.string(), added: paths, modified: paths, removed: paths })),
  repository: z.object({
    default_branch: text,
    /** In seconds since the epoch in a push, in ISO 8601 elsewhere. */
    pushed_at: z.nullish(z.union([z.pipe(z.int(), z.transform(timeOf)), time])),
  }),
});

export const pullRequestSchema = z.object({
  /** For an edit: the fields that it changed. */
  changes: z.nullish(
    z.object({
      base: z.nullish(z.object({})),
      title: z.nullish(z.object({})),
      body: z.nullish(z.object({})),
    }),
  ),
  /** Why a merge queue has removed it. */
  reason: z.nullish(text),
  pull_request: z.object({
    number: id,
    html_url: url,
    user: person,
    assignees: people,
    updated_at: time,
    head: z.object({ sha: commit }),
    base: z.nullish(z.object({ ref: z.nullish(text) })),
    changed_files: z.nullish(z.int()),
  }),
});

/** The name of an account or a repository. It has GitHub's own limit, because an event can hold hundreds of names. */
const shortName = z.string().check(z.minLength(1), z.maxLength(100));

/** The fields of every payload about an installation. */
export const installationSchema = z.object({
  installation: z.object({
    id,
    /** Who installed the App: a user, an organization, or an enterprise, which has a slug. */
    account: z.nullish(
      z.object({ id: z.nullish(z.int()), login: z.nullish(shortName), slug: z.nullish(shortName) }),
    ),
  }),
  sender: person,
});

/** A repository in an installation's payload. It has no owner, because that is the installation's account. */
export interface InstalledRepository {
  id: number;
  name: string;
  private: boolean;
}

/** Incomplete items are dropped, because GitHub also sends the list that the event is not about. */
const repositories = z.pipe(
  listOf(z.object({ id: z.nullish(id), name: z.nullish(shortName), private: z.nullish(z.boolean()) })),
  z.transform(
    (list: { [Field in keyof InstalledRepository]?: InstalledRepository[Field] | null | undefined }[]) =>
      list.flatMap(({ id, name, private: isPrivate }): InstalledRepository[] =>
        id != null && name != null ? [{ id, name, private: isPrivate ?? true }] : [],
      ),
  ),
);

export const installationRepositoriesSchema = z.object({
  repositories_added: repositories,
  repositories_removed: repositories,
});
