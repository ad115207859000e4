import type { ActionSpec } from "./action-spec.js";

/**
 * On Lambda, CPU grows with memory. Compared to 256 MB, a cold start imports its bundle in half the time, and this costs
 * about a hundredth of the bill.
 */
const actionDefaults = { timeoutSeconds: 120, memoryMb: 512 };

/** The flows that an event starts, whether GitHub sent it or a sweep found it missing. */
const eventFlows = [
  "create-task",
  "delete-task",
  "forward-comment",
  "relay-failure",
  "sync-repo-config",
  "watch-pulls",
  "track-pull",
] as const;

/**
 * Every Lambda of the system and what it may access. The key is the name of its file in `lambdas/actions/`; the stack
 * gives each its own role with exactly these rights, and the local system reads the same table.
 */
export const actions = {
  webhook: {
    description: "Verifies and classifies a GitHub delivery and starts its flow",
    timeoutSeconds: 9,
    memoryMb: 512,
    secrets: ["webhook", "githubApp"],
    isAppAlone: true,
    table: { account: ["query", "update"], task: ["get"] },
    starts: eventFlows,
  },
  "claim-work": {
    ...actionDefaults,
    description:
      "Registers an event as the newest one of its work, if the person behind it may request work, and plans the task from the repository's config",
    secrets: ["githubApp"],
    table: {
      task: ["get", "update"],
      inbox: ["get", "query", "update", "delete"],
      config: ["get"],
      account: ["query", "update"],
    },
  },
  "create-task": {
    ...actionDefaults,
    description: "Creates, finds or resumes the Coder task of an issue, a scheduled job or a failing branch",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get", "update"], account: ["query", "update"] },
  },
  "observe-task": {
    ...actionDefaults,
    description: "Checks whether a new Coder task is running",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get"] },
  },
  "end-task": {
    ...actionDefaults,
    description: "Deletes the Coder task of an issue, or pauses it if the agent was only unassigned",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get", "update"], account: ["query", "update"] },
  },
  announce: {
    ...actionDefaults,
    description: "Writes the state of a task into its status comment on the issue",
    secrets: ["githubApp"],
    table: { task: ["get", "update"] },
  },
  "find-task": {
    ...actionDefaults,
    description:
      "Finds the task that a comment, a review or a failed run belongs to, if its author may speak to the agent",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: { task: ["get", "update"], account: ["query", "update"] },
    starts: ["relay-failure"],
  },
  "explain-refusal": {
    ...actionDefaults,
    description: "Explains to a person in a private repository, once, who may speak to the agent",
    secrets: ["githubApp"],
    table: { inbox: ["update"] },
  },
  "relay-logs": {
    ...actionDefaults,
    timeoutSeconds: 360,
    memoryMb: 1024,
    description: "Summarizes a commit's CI failures, once its checks are over",
    secrets: ["githubApp"],
    table: { ci: ["update"], account: ["query", "update"] },
  },
  "watch-pulls": {
    ...actionDefaults,
    description: "Checks the agent's pull requests for conflicts after a push",
    secrets: ["githubApp"],
    table: { task: ["get", "query"], ci: ["update"], account: ["query", "update"] },
    starts: ["relay-failure"],
  },
  "track-pull": {
    ...actionDefaults,
    description: "Finds the task of a pull request, records its state, and shows it in the status comment",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: { task: ["get", "update"], account: ["query", "update"] },
  },
  "pause-task": {
    ...actionDefaults,
    description: "Pauses a task whose last pull request was merged, once its agent is at rest",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: { task: ["get", "update"], inbox: ["get", "update"], account: ["query", "update"] },
  },
  "match-failed-run": {
    ...actionDefaults,
    description:
      "Checks whether a rule in the repository's config asks the agent to fix a failed run's branch",
    secrets: ["githubApp"],
    table: { account: ["query", "update"] },
  },
  "start-branch-task": {
    ...actionDefaults,
    description: "Starts create-task for a branch on which a workflow fails",
    secrets: [],
    starts: ["create-task"],
  },
  "put-into-inbox": {
    ...actionDefaults,
    description: "Puts an input into a task's inbox and wakes its drain, or withdraws the input",
    secrets: ["githubApp"],
    table: { task: ["get"], inbox: ["get", "update"] },
    starts: ["drain-inbox"],
  },
  "wake-drain": {
    ...actionDefaults,
    description: "Ensures that a drain runs if an input is waiting for a task",
    secrets: [],
    table: { task: ["get"], inbox: ["get", "update"] },
    starts: ["drain-inbox"],
  },
  "resume-task": {
    ...actionDefaults,
    description: "Resumes the paused task of an inbox",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get"] },
  },
  "send-inbox": {
    ...actionDefaults,
    timeoutSeconds: 180,
    composes: true,
    description:
      "Sends the waiting inputs as one message if the agent can take it, or else reports what to wait for",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: {
      task: ["get", "update"],
      inbox: ["get", "query", "update", "delete"],
      account: ["query", "update"],
    },
  },
  "keep-inbox": {
    ...actionDefaults,
    description: "Keeps the waiting inputs of a task that is gone, and says so on its issue",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: { task: ["get", "update"], inbox: ["get", "query", "update", "delete"] },
  },
  "announce-wait": {
    ...actionDefaults,
    description:
      "Says in the status comment that an agent has been busy for a day, and keeps the waiting inputs",
    secrets: ["githubApp"],
    table: { task: ["get", "update"], inbox: ["get", "query", "update", "delete"] },
  },
  "announce-silence": {
    ...actionDefaults,
    description: "Says in the status comment why CI failures are not relayed to the agent",
    secrets: ["githubApp"],
    table: { task: ["get", "update"] },
  },
  "sync-schedules": {
    ...actionDefaults,
    timeoutSeconds: 240,
    description: "Syncs a repository's schedules with the config on its default branch",
    secrets: ["githubApp"],
    table: { config: ["get", "update"], account: ["query", "update"] },
    schedules: "keep",
  },
  "check-config": {
    ...actionDefaults,
    description: "Checks a commit's config, if the commit may have changed it, and writes a check run",
    secrets: ["githubApp"],
    table: { config: ["get", "update"], account: ["query", "update"] },
  },
  "sync-installation": {
    ...actionDefaults,
    timeoutSeconds: 240,
    description: "Syncs the schedules of repositories that were added to an installation or removed from it",
    secrets: ["githubApp"],
    table: { config: ["get", "query", "update"], account: ["query", "update"] },
    schedules: "keep",
  },
  "start-following": {
    ...actionDefaults,
    description: "Starts follow-task for an agent's turn, if Coder reports progress",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get", "update"] },
    starts: ["follow-task"],
  },
  "observe-progress": {
    ...actionDefaults,
    description: "Checks an agent's turn for progress",
    secrets: ["coderToken", "taskMark"],
    table: { task: ["get"] },
  },
  "announce-progress": {
    ...actionDefaults,
    description: "Writes the progress of an agent's turn into the status comment",
    secrets: ["githubApp"],
    table: { task: ["get", "update"] },
  },
  attend: {
    ...actionDefaults,
    description:
      "Checks all tasks, notifies people once when they have to act, and reports changes that have no delivery",
    secrets: ["githubApp", "coderToken", "taskMark"],
    table: {
      task: ["get", "query", "update", "delete"],
      inbox: ["get"],
      account: ["query", "update"],
    },
    everyMinutes: 1,
  },
  reconcile: {
    ...actionDefaults,
    timeoutSeconds: 600,
    description: "Compares GitHub with the records and starts flows for events that no webhook reported",
    secrets: ["githubApp"],
    table: {
      task: ["get", "query", "update", "delete"],
      inbox: ["get"],
      healing: ["get", "update"],
      account: ["query", "update"],
    },
    starts: eventFlows,
    schedules: "read",
    everyMinutes: 60,
  },
  "report-failure": {
    ...actionDefaults,
    description: "Reports a failed flow on the issue or a tracking issue, with a reference for operators",
    secrets: ["githubApp"],
    table: { task: ["get", "update"], redrive: ["update"] },
    examines: true,
  },
  redrive: {
    ...actionDefaults,
    description: "Redrives runs that failed because of an outage of GitHub, Coder or AWS",
    secrets: ["githubApp"],
    isAppAlone: true,
    table: { redrive: ["query", "delete"] },
    redrives: true,
    everyMinutes: 5,
  },
  redeliver: {
    ...actionDefaults,
    // A run has to end before the next one starts.
    timeoutSeconds: 280,
    description: "Redelivers webhooks that the relay did not accept",
    secrets: ["githubApp"],
    isAppAlone: true,
    table: { delivery: ["get", "query", "update", "delete"] },
    everyMinutes: 5,
  },
} as const satisfies Record<string, ActionSpec>;

export type ActionName = keyof typeof actions;
export const actionNames = Object.keys(actions) as ActionName[];

/** The actions that EventBridge Scheduler calls, with the expressions of their schedules. */
export const recurringActions = actionNames.flatMap((name): { name: ActionName; expression: string }[] => {
  const { everyMinutes }: ActionSpec = actions[name];
  return everyMinutes === undefined
    ? []
    : [{ name, expression: `rate(${everyMinutes} ${everyMinutes === 1 ? "minute" : "minutes"})` }];
});

/** `create-task` → `CREATE_TASK`: the stem of environment variables. */
export function environmentStem(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** `create-task` → `CreateTask`: the stem of logical ids and of `${…}` substitutions in the state machines. */
export function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
}
