import { createHash } from "node:crypto";
import * as z from "zod/mini";
import type { TaskKey } from "../../model/record.js";
import type { WorkIdentity } from "../../model/work.js";
import { fits, limits } from "../../text/limits.js";

const text = z.optional(z.nullable(z.string()));

/** The error of a chat's last turn; servers before 2.34 send only its message. */
const errorSchema = z.object({ message: z._default(z.string(), ""), detail: text, kind: text });

/** A chat of one of the agent's subagents. */
const subChatSchema = z.object({
  id: z.string(),
  status: z.string(),
  archived: z._default(z.boolean(), false),
});

/**
 * The fields of Coder's Chat that the relay reads (codersdk/chats.go). Enums stay open. Empty
 * fields may be absent or null.
 */
export const chatSchema = z.object({
  id: z.string(),
  organization_id: z.string(),
  owner_id: z.string(),
  owner_username: text,
  workspace_id: text,
  root_chat_id: text,
  status: z.string(),
  archived: z._default(z.boolean(), false),
  created_at: z.string(),
  updated_at: text,
  labels: z._default(z.nullable(z.record(z.string(), z.string())), {}),
  children: z.optional(z.nullable(z.array(subChatSchema))),
  last_turn_summary: text,
  last_error: z.optional(z.nullable(z.union([z.string(), errorSchema]))),
  queued_for_capacity: z.optional(z.boolean()),
  diff_status: z.optional(
    z.nullable(
      z.object({
        pr_number: z.optional(z.nullable(z.number())),
        url: text,
        pull_request_state: text,
      }),
    ),
  ),
});
export type Chat = z.output<typeof chatSchema>;
export const chatListSchema = z.nullable(z.array(chatSchema));

/** The labels by which the relay and people find chats. They are not unique: two chats can have the same labels. */
const labelNames = {
  target: "relay-target",
  repository: "relay-repository-id",
  /** For an issue: its number. */
  issue: "relay-issue",
  /** For other work. */
  work: "relay-work",
  delivery: "relay-delivery",
  name: "relay-name",
  workspace: "relay-workspace-id",
  /** Proves that the relay created the chat: see `coder/mark.ts`. */
  mark: "relay-mark",
} as const;

/** The labels of a new chat. `workspaceId` names the workspace that was created for it, and is deleted with it. */
export function labelsFor(
  work: WorkIdentity,
  {
    name,
    delivery,
    workspaceId,
    mark,
  }: { name: string; delivery: string; workspaceId: string | undefined; mark: string },
): Record<string, string> {
  const [workLabel, workValue] = labelOf(work);
  return {
    [labelNames.target]: labelValue(work.reference),
    [labelNames.repository]: String(work.repositoryId),
    [workLabel]: workValue,
    [labelNames.name]: name,
    [labelNames.delivery]: labelValue(delivery),
    ...(workspaceId !== undefined && { [labelNames.workspace]: workspaceId }),
    [labelNames.mark]: mark,
  };
}

/** The query that lists the chats of a piece of work: `label=key:value` twice, because a chat needs both labels. */
export function labelQuery(key: TaskKey): string {
  const query = new URLSearchParams([
    ["label", `${labelNames.repository}:${key.repositoryId}`],
    ["label", labelOf(key).join(":")],
  ]);
  return query.toString();
}

/** An issue's number has its own label, which is easier for people to read. */
function labelOf({ work }: TaskKey): [name: string, value: string] {
  return /^\d+$/.test(work) ? [labelNames.issue, work] : [labelNames.work, labelValue(work)];
}

/** A value that is too long is replaced by its hash. */
function labelValue(text: string): string {
  return fits(text, limits.coder.chatLabel) ? text : createHash("sha256").update(text).digest("hex");
}

/** The delivery that the chat was created for. */
export function deliveryOf({ labels }: Chat): string | undefined {
  return labels?.[labelNames.delivery];
}

/**
 * What the labels of a chat claim about its task. People can change labels, so only trust this if the mark, which also
 * covers the name and the workspace, proves it.
 */
export function claimOf({ labels }: Chat): {
  name: string;
  workspaceId: string | undefined;
  mark: string | undefined;
} {
  return {
    name: labels?.[labelNames.name] ?? "",
    workspaceId: labels?.[labelNames.workspace],
    mark: labels?.[labelNames.mark],
  };
}
