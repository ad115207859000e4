/**
 * Every Lambda of the system and what it may touch. The key is the name of its file in `lambdas/`; the stack
 * gives each its own role with exactly these rights, and the local system reads the same table.
 */

/** The three secrets of the stack. */
export type SecretName = "webhook" | "githubApp" | "coderToken";

/** The state machines: one `statemachines/<name>.asl.json` each. */
export const flowNames = ["create-task", "delete-task"] as const;
export type FlowName = (typeof flowNames)[number];

export interface ActionSpec {
  /** What it does, in one sentence: the function's description in the console. */
  description: string;
  /** Longer than the longest wait that it may make for a `Retry-After` (see `lambdas/http/`). */
  timeoutSeconds: number;
  memoryMb: number;
  secrets: readonly SecretName[];
  /** Rights on items of the table, by the prefix of their partition key. */
  table?: Partial<Record<"task", "read" | "write">>;
  /** The flows that it may start. */
  starts?: readonly FlowName[];
}

const actionDefaults = { timeoutSeconds: 120, memoryMb: 256 };

export const actions = {
  webhook: {
    description: "Verifies and classifies a GitHub delivery and starts the flow that serves it",
    timeoutSeconds: 9,
    memoryMb: 512,
    secrets: ["webhook"],
    starts: ["create-task", "delete-task"],
  },
  authorize: {
    ...actionDefaults,
    description: "Decides whether the person behind an event may make the agent work",
    secrets: ["githubApp"],
  },
  "claim-issue": {
    ...actionDefaults,
    description: "Registers an event as the newest word on its issue, unless a newer one is known",
    secrets: ["githubApp"],
    table: { task: "write" },
  },
  "create-task": {
    ...actionDefaults,
    description: "Creates, finds or resumes the Coder task of an issue",
    secrets: ["coderToken"],
    table: { task: "write" },
  },
  "observe-task": {
    ...actionDefaults,
    description: "Looks at a Coder task and says how long to wait before the next look",
    secrets: ["coderToken"],
    table: { task: "read" },
  },
  "end-task": {
    ...actionDefaults,
    description: "Deletes the Coder task of an issue, or pauses it where the agent was only unassigned",
    secrets: ["coderToken"],
    table: { task: "write" },
  },
  announce: {
    ...actionDefaults,
    description: "Writes the state of a task into its status comment on the issue",
    secrets: ["githubApp"],
    table: { task: "write" },
  },
  "report-failure": {
    ...actionDefaults,
    description: "Tells the issue that a flow has failed, with a reference for operators",
    secrets: ["githubApp"],
    table: { task: "write" },
  },
} as const satisfies Record<string, ActionSpec>;

export type ActionName = keyof typeof actions;
export const actionNames = Object.keys(actions) as ActionName[];

/** `create-task` → `CREATE_TASK`: the stem of environment variables. */
export function environmentStem(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** `create-task` → `CreateTask`: the stem of logical ids and of `${…}` substitutions in the state machines. */
export function pascalCase(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, _dash, letter: string) => letter.toUpperCase());
}
