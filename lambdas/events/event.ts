import * as z from "zod/mini";

/**
 * A delivery classified: what the flows get as `$.event`. Every text was bounded at the ingress, so that an
 * execution's input stays far below Step Functions' 256 KiB; nothing in it differs between two deliveries of the same GUID.
 */

const name = z.string().check(z.minLength(1));

export const repositorySchema = z.object({
  /** GitHub's numeric id: survives renames. */
  id: z.int().check(z.positive()),
  owner: name,
  name,
  private: z.boolean(),
});

export const personSchema = z.object({ id: z.int(), login: name, type: name });

export const issueSchema = z.object({
  number: z.int().check(z.positive()),
  title: z.string(),
  url: name,
});

const base = {
  /** The delivery's GUID. */
  delivery: name,
  /** The installation of the GitHub App that the delivery came through. */
  installation: z.int(),
  repository: repositorySchema,
  sender: personSchema,
  issue: issueSchema,
  /** When it happened, by GitHub's clock: ISO 8601, one-second resolution. */
  at: name,
};

/** The agent should work on the issue. */
export const taskRequestedSchema = z.object({ ...base, type: z.literal("task_requested") });

/** The agent should not work on the issue any more. */
export const taskClosedSchema = z.object({
  ...base,
  type: z.literal("task_closed"),
  reason: z.enum(["closed", "deleted", "transferred", "unassigned"]),
  /** Whether the agent was among the assignees: only then is a task looked for that no record tells of. */
  agentAssigned: z.boolean(),
});

export const eventSchema = z.discriminatedUnion("type", [taskRequestedSchema, taskClosedSchema]);

export type Repository = z.output<typeof repositorySchema>;
export type Person = z.output<typeof personSchema>;
export type Issue = z.output<typeof issueSchema>;
export type TaskRequested = z.output<typeof taskRequestedSchema>;
export type TaskClosed = z.output<typeof taskClosedSchema>;
export type RelayEvent = z.output<typeof eventSchema>;

/** The issue as people write it: `owner/repo#42`. */
export function issueReference(event: Pick<RelayEvent, "repository" | "issue">): string {
  return `${event.repository.owner}/${event.repository.name}#${event.issue.number}`;
}
