import * as z from "zod/mini";
import { ianaName } from "./time-zone.js";
import { normalisedVolumeSize, volumeSizeLimits, volumeSizePattern } from "./volume-size.js";

/**
 * The keys of `.code-factory/config.toml`, and all rules about a single value. The JSON Schema is generated from this, so
 * patterns use only syntax that JavaScript and Rust (Taplo) both accept: neither `\/` nor a bare `[` in a class.
 */

const sandboxSizes = ["small", "medium", "large"] as const;
const providers = ["claude_code", "codex"] as const;

/**
 * The events that start workflows, as in a run's `event`: those of
 * https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows, and `dynamic` for
 * GitHub's own workflows.
 */
const workflowEvents = [
  "branch_protection_rule",
  "check_run",
  "check_suite",
  "create",
  "delete",
  "deployment",
  "deployment_status",
  "discussion",
  "discussion_comment",
  "dynamic",
  "fork",
  "gollum",
  "image_version",
  "issue_comment",
  "issues",
  "label",
  "merge_group",
  "milestone",
  "page_build",
  "project",
  "project_card",
  "project_column",
  "public",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "pull_request_target",
  "push",
  "registry_package",
  "release",
  "repository_dispatch",
  "schedule",
  "status",
  "watch",
  "workflow_call",
  "workflow_dispatch",
  "workflow_run",
] as const;

/** Events that only people with write permission can cause, so strangers can't influence the logs of these runs. */
const trustedEvents = ["push", "schedule", "merge_group", "workflow_dispatch"] as const;

/** Texts in code points, as JSON Schema counts them; lists in entries. */
export const limits = {
  name: 60,
  branch: 255,
  schedule: 512,
  timezone: 64,
  owner: 39,
  volumePath: 255,
  workflow: 255,
  prompt: 16_384,
  promptAdditions: 8_192,
  volumes: 10,
  scheduledJobs: 50,
  failedRunRules: 50,
  workflows: 50,
  branches: 50,
  events: 50,
  check: 255,
  ignoredChecks: 50,
};

/** C0, DEL and C1, which could act as key presses in a terminal. */
const controls = "\\u0000-\\u001f\\u007f-\\u009f";
/** U+2028 and U+2029 end a line as well. */
const oneLine = new RegExp(`^[^${controls}\\u2028\\u2029]*$`);
/** The same except newlines and tabs, which multi-line texts may contain. */
const strangeControls = "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f";
const manyLines = new RegExp(`^[^${strangeControls}]*$`);
/** The characters that git allows in a branch's name (git-check-ref-format). */
const branchName = new RegExp(`^[^${controls} ~^:?*\\[\\\\]*$`);
const absolutePath = new RegExp(`^[/][^${controls}]*$`);
/** Enterprise managed users (EMU) have an underscore in their login. */
const login = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

export const workflowEvent = z.enum(workflowEvents);

const table = (name: string) => `Expected a table: \`[${name}]\`.`;
const tables = (name: string) => `Expected a list of tables: \`[[${name}]]\`, with two brackets.`;
const text = (maximum: number) =>
  z.string("Expected text in quotes.").check(z.minLength(1), z.maxLength(maximum));
const line = (maximum: number) =>
  text(maximum).check(z.regex(oneLine, "Expected text on one line, without control characters."));
const prose = (maximum: number) =>
  z.pipe(
    text(maximum).check(
      z.regex(manyLines, "Expected text without control characters; only newlines and tabs are allowed."),
      z.regex(/\S/, "Expected text that is not blank."),
    ),
    // A file with CRLF line ends also has them in its multi-line strings.
    z.transform((value: string) => value.replace(/\r\n?/g, "\n")),
  );

export const volume = z.object(
  {
    path: text(limits.volumePath).check(
      z.regex(absolutePath, "Expected an absolute path, such as `/var/lib/data`."),
    ),
    size: z.prefault(
      z.pipe(
        z.string("Expected text in quotes, such as `10Gi`.").check(
          z.regex(
            volumeSizePattern,
            "Expected a whole number and a unit (K, M, G or T) in quotes, such as `10Gi`.",
          ),
          z.refine(
            (size) => !volumeSizePattern.test(size) || normalisedVolumeSize(size) !== undefined,
            `Expected a size from ${volumeSizeLimits.smallest} to ${volumeSizeLimits.largest}.`,
          ),
        ),
        z.transform((size: string) => normalisedVolumeSize(size) ?? size),
      ),
      "10Gi",
    ),
  },
  "Expected a table with a `path`.",
);

export const sandbox = z.object(
  {
    size: z.prefault(z.enum(sandboxSizes), "medium"),
    docker: z.prefault(z.boolean("Expected `true` or `false`, without quotes."), false),
    volumes: z.prefault(z.array(volume, tables("sandbox.volumes")).check(z.maxLength(limits.volumes)), []),
  },
  table("sandbox"),
);

export const harness = z.object({ provider: z.prefault(z.enum(providers), "claude_code") }, table("harness"));

export const unknownTimeZone =
  "Expected a time zone from the IANA database, such as `Europe/Berlin` or `UTC`.";

export const scheduledJob = z.object(
  {
    name: line(limits.name).check(z.regex(/^\S(.*\S)?$/, "Expected a name without spaces around it.")),
    branch: text(limits.branch).check(
      z.regex(branchName, "Expected the name of a branch, without spaces and `~ ^ : ? * [ \\`."),
    ),
    schedule: line(limits.schedule).check(
      z.regex(
        /^ *(@[A-Za-z]+|[^ @][^ ]*( +[^ ]+){4}) *$/,
        "Expected five fields of cron, such as `0 3 * * 1-5`, or a word such as `@daily`.",
      ),
    ),
    timezone: z.optional(
      z.pipe(
        line(limits.timezone).check(z.regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/, unknownTimeZone)),
        z.transform((name: string) => ianaName(name) ?? name),
      ),
    ),
    prompt: prose(limits.prompt),
    owner: z.optional(
      text(limits.owner).check(
        z.regex(login, "Expected a GitHub login: letters, digits and hyphens, without `@`."),
      ),
    ),
  },
  "Expected a table with `name`, `branch`, `schedule` and `prompt`.",
);

export const workflowName = line(limits.workflow);
export const branchPattern = line(limits.branch);

export const failedRunRule = z.object(
  {
    workflows: z
      .array(workflowName, 'Expected a list of texts, such as `["CI"]`.')
      .check(z.minLength(1), z.maxLength(limits.workflows)),
    branches: z
      .array(branchPattern, 'Expected a list of texts, such as `["main"]`.')
      .check(z.minLength(1), z.maxLength(limits.branches)),
    events: z.prefault(
      z
        .array(workflowEvent, 'Expected a list of texts, such as `["push"]`.')
        .check(z.minLength(1), z.maxLength(limits.events)),
      [...trustedEvents],
    ),
    prompt_additions: z.optional(prose(limits.promptAdditions)),
  },
  "Expected a table with `workflows` and `branches`.",
);

export const onEvent = z.object(
  {
    failed_run: z.prefault(
      z.array(failedRunRule, tables("on_event.failed_run")).check(z.maxLength(limits.failedRunRules)),
      [],
    ),
  },
  table("on_event"),
);

export const ignoredCheck = line(limits.check);

export const ci = z.object(
  {
    ignore: z.prefault(
      z
        .array(ignoredCheck, 'Expected a list of texts, such as `["codecov/*"]`.')
        .check(z.maxLength(limits.ignoredChecks)),
      [],
    ),
  },
  table("ci"),
);

/** The whole file. An empty one is valid: everything has a default. */
export const shape = z.object({
  sandbox: z.prefault(sandbox, {}),
  harness: z.prefault(harness, {}),
  scheduled_jobs: z.prefault(
    z.array(scheduledJob, tables("scheduled_jobs")).check(z.maxLength(limits.scheduledJobs)),
    [],
  ),
  on_event: z.prefault(onEvent, {}),
  ci: z.prefault(ci, {}),
});
