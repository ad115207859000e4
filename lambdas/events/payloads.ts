import * as z from "zod/mini";

/** The parts of GitHub's webhook payloads that the relay reads. What is not named here is dropped. */

/**
 * A name or an address. GitHub's own limits are below 100 characters; this one only keeps the input of an
 * execution from growing without end.
 */
const text = z.string().check(z.minLength(1), z.maxLength(1000));
const url = z.url().check(z.maxLength(1000));
/** In one form, so that times can be compared as text. */
const time = z.pipe(
  z.iso.datetime({ offset: true }).check(z.maxLength(40)),
  z.transform((value: string) => new Date(value).toISOString().replace(".000Z", "Z")),
);
const id = z.int().check(z.positive());
const login = z.object({ login: text });
/** The author of a deleted account is `null`; GitHub shows it as this user. */
const author = z.pipe(
  z.nullish(login),
  z.transform((user: { login: string } | null | undefined) => user?.login ?? "ghost"),
);
const body = z.pipe(
  z.nullish(z.string()),
  z.transform((value: string | null | undefined) => value ?? ""),
);
const logins = z.pipe(
  z.nullish(z.array(login)),
  z.transform((list: { login: string }[] | null | undefined) => list ?? []),
);
const numbered = z.pipe(
  z.nullish(z.array(z.object({ number: id }))),
  z.transform((list: { number: number }[] | null | undefined) => list ?? []),
);
const app = z.nullish(z.object({ id: z.int() }));
const lineNumber = z.nullish(z.int());

/** The login of a repository's owner; of old, a push shows it as the owner's name. */
const owner = z.union([
  z.pipe(
    login,
    z.transform((user: { login: string }) => user.login),
  ),
  z.pipe(
    z.object({ name: text }),
    z.transform((user: { name: string }) => user.name),
  ),
]);
const sender = z.object({ id: z.int(), login: text, type: text });
/** Of SHA-1 or SHA-256. */
const commit = z.string().check(z.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/));
const paths = z.pipe(
  z.nullish(z.array(z.string())),
  z.transform((list: string[] | null | undefined) => list ?? []),
);

/** What every payload of a repository has in common. */
export const commonSchema = z.object({
  repository: z.object({ id, name: text, private: z.boolean(), owner }),
  sender,
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
    assignees: logins,
  }),
});

/** The user that was assigned or unassigned. */
export const assigneeSchema = z.object({ assignee: login });

/** The text before an edit. */
export const changesSchema = z.object({
  changes: z.nullish(z.object({ body: z.nullish(z.object({ from: body })) })),
});

/** What is said anywhere. */
const words = {
  id,
  html_url: url,
  user: author,
  body,
  created_at: time,
  updated_at: time,
  performed_via_github_app: app,
};

export const issueCommentSchema = z.object({
  issue: z.object({
    number: id,
    html_url: url,
    user: author,
    assignees: logins,
    /** There where the issue is a pull request. */
    pull_request: z.nullish(z.object({})),
  }),
  comment: z.object(words),
});

const pullRequest = z.object({ number: id, html_url: url, user: author });

export const reviewCommentSchema = z.object({
  pull_request: pullRequest,
  comment: z.object({
    ...words,
    path: text,
    line: lineNumber,
    original_line: lineNumber,
    start_line: lineNumber,
  }),
});

export const reviewSchema = z.object({
  pull_request: pullRequest,
  review: z.object({
    id,
    html_url: url,
    user: author,
    body,
    state: text,
    submitted_at: time,
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
    /** The event that has started it. */
    event: z.nullish(text),
    /** Who has caused it, and who has started this attempt of it. */
    actor: z.nullish(sender),
    triggering_actor: z.nullish(sender),
    conclusion: z.nullish(z.string()),
    head_branch: z.nullish(z.string()),
    head_sha: text,
    updated_at: time,
    /** `null` where the fork is gone. */
    head_repository: z.nullish(z.object({ id, owner: login })),
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
  /** The oldest first. */
  commits: z.array(z.object({ id: commit, added: paths, modified: paths, removed: paths })),
  repository: z.object({
    default_branch: text,
    /** Seconds since the epoch in a push, ISO 8601 elsewhere. */
    pushed_at: z.union([
      z.pipe(
        z.int().check(z.positive()),
        z.transform((seconds: number) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z")),
      ),
      time,
    ]),
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
    /** Who has installed the App: a user, an organization, or an enterprise, which has a slug. */
    account: z.union([z.object({ login: shortName }), z.object({ slug: shortName })]),
  }),
  sender,
});

const repositories = z.pipe(
  z.nullish(z.array(z.object({ id, name: shortName, private: z.boolean() }))),
  z.transform((list: InstalledRepository[] | null | undefined) => list ?? []),
);

/** A repository as an installation's payloads name it: without its owner, who is the installation's account. */
export interface InstalledRepository {
  id: number;
  name: string;
  private: boolean;
}

export const installationRepositoriesSchema = z.object({
  repositories_added: repositories,
  repositories_removed: repositories,
});

/** A payload that lacks what its event needs: one line for each fault, with path and expectation, never a value. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
  constructor(readonly faults: readonly string[]) {
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
  throw new PayloadError(result.error.issues.map(describe));
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.length > 0 ? issue.path.join(".") : "the payload";
  return `${path}: expected ${expectation(issue)}`;
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected;
    case "invalid_format":
      return `a string of format ${issue.format}`;
    case "too_small":
      return issue.origin === "string"
        ? `at least ${issue.minimum} characters`
        : `more than ${issue.inclusive ? Number(issue.minimum) - 1 : issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    default:
      return "another value";
  }
}
