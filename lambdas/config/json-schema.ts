import * as z from "zod/mini";
import {
  branchPattern,
  ci,
  failedRunRule,
  harness,
  ignoredCheck,
  onEvent,
  sandbox,
  scheduledJob,
  shape,
  volume,
  workflowEvent,
  workflowName,
} from "./shape.js";
import { volumeSizeLimits } from "./volume-size.js";

/**
 * The JSON Schema of the config file, for editors. It allows everything that `parseRepoConfig` accepts, including unknown
 * keys, and rejects faults in a single value. It has no references, and only keywords with the same meaning in all
 * drafts, so validators for an older draft read it correctly.
 */

/** The text that an editor shows at a key. */
const hovers = z.registry<{ description: string }>();

/** Adds the text of every key of a table; none may be missing. */
function describeKeys<Keys extends Record<string, z.core.$ZodType>>(
  { shape: keys }: { shape: Keys },
  texts: { [key in keyof Keys]: string },
): void {
  for (const [key, schema] of Object.entries(keys)) hovers.add(schema, { description: texts[key] ?? "" });
}

describeKeys(shape, {
  sandbox: "The workspace that the agent works in.",
  harness: "The program that runs the agent.",
  scheduled_jobs: "Work that starts at set times. Each job has its own task.",
  on_event: "Work that starts when something happens in the repository.",
  ci: "What the agent is told about CI.",
});
describeKeys(ci, {
  ignore: "Checks that the agent is not told about, such as `codecov/*`.",
});
describeKeys(sandbox, {
  size: "Size of the workspace. The Coder template defines what each size means.",
  docker: "Whether the agent can run Docker in its workspace.",
  volumes: "Disks that are mounted into the workspace.",
});
describeKeys(volume, {
  path: "Where the volume is mounted: an absolute path such as `/var/lib/docker`. Each volume needs a different path.",
  size: `Size of the volume in powers of 1024: a whole number and K, M, G or T, from ${volumeSizeLimits.smallest} to ${volumeSizeLimits.largest}. \`10Gi\`, \`10G\` and \`10 gb\` are the same.`,
});
describeKeys(harness, { provider: "The agent: Claude Code or Codex." });
describeKeys(scheduledJob, {
  name: "Name of the job. Its task is named after it. Each job needs a different name; case does not matter.",
  branch: "Branch that the agent starts from, such as `main`.",
  schedule:
    "When the job runs: five fields of cron (minute, hour, day of the month, month, day of the week), such as `30 5 * * 1-5`, or a shortcut such as `@daily`.",
  timezone:
    "Time zone of the schedule, by its name in the IANA database, such as `Europe/Berlin`. Default: UTC.",
  prompt: "The task for the agent.",
  owner:
    "GitHub login of the person that the job works as: the person who pushes it, or somebody whom the operator of the relay has allowed. The person needs write permission on the repository. Default: the person who pushes the job.",
});
describeKeys(onEvent, {
  failed_run: "Failed runs of workflows that the agent fixes. The first rule that matches a run applies.",
});
describeKeys(failedRunRule, {
  workflows: "Names of the workflows, exactly as GitHub shows them.",
  branches:
    "Patterns of the branches, as in the filters of GitHub's workflows: `*` (does not match `/`), `**`, `?`, `+`, `[…]`; a leading `!` excludes branches, and the last pattern that matches decides.",
  events:
    "GitHub events whose runs count, such as `push`. Strangers can cause events that are not in the default; their text can then reach the agent through the logs.",
  prompt_additions: "Additional prompt for the agent, after the summary of the failure.",
});

/** The text that an editor shows at an entry of a list. Taplo shows it at the key of a list that has entries. */
const entries: readonly [z.core.$ZodType, string][] = [
  [volume, "A disk that is mounted into the workspace."],
  [scheduledJob, "Work that starts at set times. It has its own task."],
  [
    failedRunRule,
    "Failed runs of workflows that the agent fixes. The first rule that matches a run applies.",
  ],
  [workflowName, "Name of a workflow, exactly as GitHub shows it."],
  [branchPattern, "Pattern of branches, as in the filters of GitHub's workflows."],
  [ignoredCheck, "Name of a check; `*` stands for any text."],
  [workflowEvent, "GitHub event whose runs count, such as `push`."],
];
for (const [schema, description] of entries) hovers.add(schema, { description });

/** `id` is the URL that the schema is served at. */
export function repoConfigSchema(id: string): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(shape, { io: "input", reused: "inline", metadata: hovers });
  return {
    $schema,
    $id: id,
    title: "coder-task-relay: .code-factory/config.toml",
    description: "How the agent works on this repository.",
    ...rest,
  };
}
