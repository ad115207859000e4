import * as z from "zod/mini";

const text = z.optional(z.nullable(z.string()));

/** The fields of Coder's Task that the relay reads (codersdk/aitasks.go). Enums stay open. */
export const taskSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner_name: z.string(),
  initial_prompt: z._default(z.string(), ""),
  status: z.string(),
  workspace_id: z.optional(z.nullable(z.string())),
  current_state: z.optional(z.nullable(z.object({ timestamp: text, state: text, message: text, uri: text }))),
});
export type ApiTask = z.output<typeof taskSchema>;

export const taskListSchema = z.object({ tasks: z.nullable(z.array(taskSchema)) });

export const logsSchema = z.object({
  logs: z.nullable(z.array(z.object({ type: z.string(), content: z.string() }))),
  /** The log was saved when the workspace stopped. */
  snapshot: z.optional(z.boolean()),
});

/** `task` is a name or an id. */
export function taskPath(owner: string, task: string): string {
  return `/api/v2/tasks/${encodeURIComponent(owner)}/${encodeURIComponent(task)}`;
}
