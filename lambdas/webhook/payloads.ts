import * as z from "zod/mini";
import type { Person } from "../model/event.js";
import { schemaFaults } from "../model/schema-faults.js";

/** The parts of GitHub's webhook payloads that the relay reads. What is not named here is dropped. */

/**
 * A name or an address. GitHub's own limits are below 100 characters; this one only keeps the input of an
 * execution from growing without end.
 */
const text = z.string().check(z.minLength(1), z.maxLength(1000));
const url = z.url().check(z.maxLength(1000));
/** The path of a file, cut to what is ever shown of it. */
const longText = z.pipe(
  z.string().check(z.minLength(1)),
  z.transform((value: string) => value.slice(0, 1000)),
);
/** In one form, so that times can be compared as text. */
const time = z.pipe(
  z.iso.datetime({ offset: true }).check(z.maxLength(40)),
  z.transform((value: string) => new Date(value).toISOString().replace(".000Z", "Z")),
);
const timeOf = (seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
const id = z.int().check(z.positive());
/** GitHub leaves a deleted account out, or says `null`, and shows it as this user. */
export const ghost: Person = { id: 0, login: "ghost", type: "User" };

const account = z.object({ id: z.nullish(z.int()), login: z.nullish(text), type: z.nullish(text) });
const person = z.pipe(z.nullish(account), z.transform(personOf));

function personOf(user: z.output<typeof account> | null | undefined): Person {
  if (user?.login == null) return ghost;
  const { id, login, type } = user;
  return { id: id ?? ghost.id, login, type: type ?? (login.endsWith("[bot]") ? "Bot" : "User") };
}
const body = z.pipe(
  z.nullish(z.string()),
  z.transform((value: string | null | undefined) => value ?? ""),
);
/** A list that may be left out, and may have gaps. */
const listOf = <Item extends z.core.$ZodType>(item: Item) =>
  z.pipe(
    z.nullish(z.array(z.nullish(item))),
    z.transform((list: (z.output<Item> | null | undefined)[] | null | undefined) =>
      (list ?? []).filter((entry): entry is NonNullable<z.output<Item>> => entry != null),
    ),
  );
const people = z.pipe(
  listOf(account),
  z.transform((list: z.output<typeof account>[]) => list.map(personOf)),
);
const numbered = listOf(z.object({ number: id }));
const app = z.nullish(z.object({ id: z.nullish(z.int()) }));
const lineNumber = z.nullish(z.int());
const side = z.nullish(z.string());

/** A repository's owner. Older versions of GitHub give the login in a push as its `name`. */
const owner = z.nullish(z.object({ id: z.nullish(z.int()), login: z.nullish(text), name: z.nullish(text) }));
/** A hash of SHA-1 or SHA-256. */
const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));
const paths = listOf(z.string());

/** What every payload of a repository has in common. */
export const commonSchema = z.object({
  repository: z.object({ id, name: text, private: z.boolean(), owner }),
  sender: person,
  installation: z.object({ id: z.int() }),
});

export const issuesSchema = z.object({
  issue: z.object({
    number: id,
    title: z.string(),
    html_url: url,
    updated_at: time,
    state: z.nullish(z.string()),
    comments: z.nullish(z.int()),
    assignees: people,
  }),
});

/** The user that was assigned or unassigned, if GitHub says who. */
export const assigneeSchema = z.object({ assignee: person });

/** The text before an edit. */
export const changesSchema = z.object({
  changes: z.nullish(z.object({ body: z.nullish(z.object({ from: body })) })),
});

/** What every comment has. */
const comment = {
  id,
  html_url: url,
  user: person,
  body,
  created_at: time,
  updated_at: time,
  performed_via_github_app: app,
};

export const issueCommentSchema = z.object({
  issue: z.object({
    number: id,
    html_url: url,
    user: person,
    assignees: people,
    /** Only a pull request has it. */
    pull_request: z.nullish(z.object({})),
  }),
  comment: z.object(comment),
});

const pullRequest = z.object({ number: id, html_url: url, user: person });

export const reviewCommentSchema = z.object({
  pull_request: pullRequest,
  comment: z.object({
    ...comment,
    /** Every comment on a diff is part of a review, a single one too; `null` in old ones. */
    pull_request_review_id: z.nullish(id),
    path: longText,
    /** `file` if it is about no line. */
    subject_type: z.nullish(z.string()),
    /** Of the newest diff; `null` if the lines are not in it any more. */
    line: lineNumber,
    start_line: lineNumber,
    /** Of the diff that the comment was made on. */
    original_line: lineNumber,
    original_start_line: lineNumber,
    original_commit_id: z.nullish(z.string()),
    /** `LEFT` is the old version of the file. */
    side,
    start_side: side,
  }),
});

export const reviewSchema = z.object({
  pull_request: z.extend(pullRequest, { updated_at: time }),
  review: z.object({
    id,
    html_url: url,
    user: person,
    body,
    state: text,
    submitted_at: z.nullish(time),
    performed_via_github_app: app,
  }),
});

export const workflowRunSchema = z.object({
  workflow_run: z.object({
    id,
    run_attempt: id,
    workflow_id: id,
    name: z.nullish(z.string()),
    html_url: url,
    /** The event that started it. */
    event: z.nullish(text),
    /** Who caused it, and who started this attempt of it. */
    actor: person,
    triggering_actor: person,
    conclusion: z.nullish(z.string()),
    head_branch: z.nullish(z.string()),
    head_sha: text,
    updated_at: time,
    /** `null` if the fork is gone. */
    head_repository: z.nullish(z.object({ id, owner })),
    pull_requests: numbered,
  }),
});

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
    /** Seconds since the epoch in a push, ISO 8601 elsewhere. */
    pushed_at: z.nullish(z.union([z.pipe(z.int(), z.transform(timeOf)), time])),
  }),
});

export const pullRequestSchema = z.object({
  pull_request: z.object({
    number: id,
    updated_at: time,
    head: z.object({ sha: commit }),
    base: z.nullish(z.object({ ref: z.nullish(text) })),
    changed_files: z.nullish(z.int()),
  }),
});

/** Of an account or a repository, bounded by GitHub's own limit: an event can hold hundreds of them. */
const shortName = z.string().check(z.minLength(1), z.maxLength(100));

/** What every payload of an installation has in common. */
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

/** A repository as an installation's payloads name it: without its owner, who is the installation's account. */
export interface InstalledRepository {
  id: number;
  name: string;
  private: boolean;
}

/** Of the list that the event is not about, only complete entries count. */
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

/** A payload that lacks what its event needs. One line for each fault: path and expectation, never a value. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
  constructor(
    readonly faults: readonly string[],
    /** Whether GitHub's schemas allow it: nothing is missing or of another type, but a value is out of bounds. */
    readonly isWellFormed = false,
  ) {
    super(`The payload lacks what the event needs: ${faults.join("; ")}`);
  }
}

/** Parses `payload`; throws a `PayloadError` that lists every fault. */
export function parsePayload<Schema extends z.core.$ZodType>(
  schema: Schema,
  payload: unknown,
): z.output<Schema> {
  const result = z.safeParse(schema, payload);
  if (result.success) return result.data;
  throw new PayloadError(schemaFaults(result.error, "the payload"), result.error.issues.every(isAboutValue));
}

/** An unsafe integer is an integer: its type is right. */
function isAboutValue(issue: z.core.$ZodIssue): boolean {
  switch (issue.code) {
    case "invalid_type":
      return false;
    case "invalid_union":
      return issue.errors.some((faults) => faults.every(isAboutValue));
    default:
      return true;
  }
}
