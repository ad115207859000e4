import * as z from "zod/mini";
import {
  branchPattern,
  failedRunRule,
  harness,
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
 * The JSON Schema of the config file, for editors. It allows everything that `parseRepoConfig` takes, unknown keys
 * too, and refuses what can be told from one value alone. It keeps to keywords that have meant the same in all
 * drafts, without references, so that validators which know an older draft read it right.
 */

/** What an editor shows at a key. */
const hovers = z.registry<{ description: string }>();

/** Every key of a table must have its text. */
function describeKeys<Keys extends Record<string, z.core.$ZodType>>(
  { shape: keys }: { shape: Keys },
  texts: { [key in keyof Keys]: string },
): void {
  for (const [key, schema] of Object.entries(keys)) hovers.add(schema, { description: texts[key] ?? "" });
}

describeKeys(shape, {
  sandbox: "The workspace that the agent works in.",
  harness: "The program that runs the agent.",
  scheduled_jobs: "Work that starts at set times. Each job is a task of its own.",
  on_event: "Work that starts when something happens in the repository.",
});
describeKeys(sandbox, {
  size: "Size of the workspace. What each size means is up to the Coder template.",
  docker: "Whether the agent can run Docker in its workspace.",
  volumes: "Disks that are mounted into the workspace.",
});
describeKeys(volume, {
  path: "Where the volume is mounted: an absolute path such as `/var/lib/docker`. No two volumes share one.",
  size: `Size of the volume in powers of 1024: a whole number and K, M, G or T, from ${volumeSizeLimits.smallest} to ${volumeSizeLimits.largest}. \`10Gi\`, \`10G\` and \`10 gb\` are the same.`,
});
describeKeys(harness, { provider: "Which agent it is: Claude Code or Codex." });
describeKeys(scheduledJob, {
  name: "Name of the job. Its task is named after it. No two jobs share one, whatever their capitals.",
  branch: "Branch that the agent starts from, such as `main`.",
  schedule:
    "When the job runs: five fields of cron (minute, hour, day of the month, month, day of the week), such as `30 5 * * 1-5`, or `@daily` and the like.",
  timezone:
    "Time zone of the schedule, by its name in the IANA database, such as `Europe/Berlin`. Without it: UTC.",
  prompt: "What the agent is told to do.",
  owner:
    "GitHub login of the person as whom the job works: who pushes it, or somebody whom the operator of the relay has allowed, with write access to the repository. Without it, the job works as whoever pushes it.",
});
describeKeys(onEvent, {
  failed_run: "Failed runs of workflows that the agent is to mend. The first rule that fits a run holds.",
});
describeKeys(failedRunRule, {
  workflows: "Names of the workflows, exactly as GitHub shows them.",
  branches:
    "Patterns of the branches, as in the filters of GitHub's workflows: `*` (not over `/`), `**`, `?`, `+`, `[…]`; a leading `!` takes branches out again, and the last pattern that fits decides.",
  events:
    "Events of GitHub whose runs count, such as `push`. Others than the default ones can be caused by strangers, who then have a say in what the logs tell the agent.",
  prompt_additions: "What the agent is told beside the summary of the failure.",
});

/** What an editor shows at an entry of a list, and Taplo at the key of a list that has entries. */
const entries: readonly [z.core.$ZodType, string][] = [
  [volume, "A disk that is mounted into the workspace."],
  [scheduledJob, "Work that starts at set times. It is a task of its own."],
  [
    failedRunRule,
    "Failed runs of workflows that the agent is to mend. The first rule that fits a run holds.",
  ],
  [workflowName, "Name of a workflow, exactly as GitHub shows it."],
  [branchPattern, "Pattern of branches, as in the filters of GitHub's workflows."],
  [workflowEvent, "Event of GitHub whose runs count, such as `push`."],
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
