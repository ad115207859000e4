/** The secrets of the stack. */
export type SecretName = "webhook" | "githubApp" | "coderToken" | "taskMark";

/** The state machines: one `statemachines/<name>.asl.json` each. */
export const flowNames = [
  "create-task",
  "delete-task",
  "forward-comment",
  "relay-failure",
  "drain-inbox",
  "sync-repo-config",
  "follow-task",
  "watch-pulls",
  "track-pull",
] as const;
export type FlowName = (typeof flowNames)[number];

/** The operations that a right on an item allows: DynamoDB's GetItem, Query, UpdateItem and DeleteItem. */
export type TableRight = "get" | "query" | "update" | "delete";

export interface ActionSpec {
  /** What it does, in one sentence: the function's description in the console. */
  description: string;
  /** Bounds its requests and waits (`lambdas/runtime/budget.ts`); the default allows a `Retry-After` of a minute. */
  timeoutSeconds: number;
  memoryMb: number;
  secrets: readonly SecretName[];
  /** It calls GitHub as the App itself, never as one of its installations. */
  isAppAlone?: true;
  /** Rights on items of the table, by the prefix of their partition key; `tableRights` adds those of every action. */
  table?: Partial<
    Record<
      "task" | "inbox" | "config" | "account" | "ci" | "delivery" | "redrive" | "healing",
      readonly TableRight[]
    >
  >;
  /** The flows that it may start. */
  starts?: readonly FlowName[];
  /** It composes messages for the agent: only it gets the instructions of the settings, the longest of them. */
  composes?: true;
  /** Whether it may list and read the schedules of the repositories' jobs, or change them too. */
  schedules?: "read" | "keep";
  /** Whether it may redrive the executions of all flows. */
  redrives?: true;
  /** Whether it may look at the executions of all flows. */
  examines?: true;
  /** EventBridge Scheduler calls it this often, in minutes. */
  everyMinutes?: number;
}

/** An action's rights on the table. Those that act as an installation of the GitHub App share its token there. */
export function tableRights({
  table,
  secrets,
  isAppAlone,
}: ActionSpec): Record<string, readonly TableRight[]> {
  const hasToken = secrets.includes("githubApp") && !isAppAlone;
  return { ...table, ...(hasToken && { token: ["get", "update"] as const }) };
}
