/** The secrets of the stack. */
export type SecretName = "webhook" | "githubApp" | "coderToken" | "taskMark";

/** The state machines. Each has a file `statemachines/<name>.asl.json`. */
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
  /** What it does, in one sentence; the function's description in the console. */
  description: string;
  /** Limits its requests and waits (`lambdas/runtime/budget.ts`). The default allows a `Retry-After` of a minute. */
  timeoutSeconds: number;
  memoryMb: number;
  secrets: readonly SecretName[];
  /** Whether it calls GitHub as the App itself, never as one of its installations. */
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
  /**
   * Whether it composes messages for the agent. Only such a Lambda gets the instructions, which are the longest settings.
   */
  composes?: true;
  /** Whether it may list and read the schedules of the repositories' jobs, or also change them. */
  schedules?: "read" | "keep";
  /** Whether it may redrive the executions of all flows. */
  redrives?: true;
  /** Whether it may read the executions of all flows. */
  examines?: true;
  /** EventBridge Scheduler calls it this often, in minutes. */
  everyMinutes?: number;
}

/** An action's rights on the table. Actions that act as an installation of the GitHub App share its token there. */
export function tableRights({
  table,
  secrets,
  isAppAlone,
}: ActionSpec): Record<string, readonly TableRight[]> {
  const hasToken = secrets.includes("githubApp") && !isAppAlone;
  return { ...table, ...(hasToken && { token: ["get", "update"] as const }) };
}
