import * as z from "zod/mini";

/** A failed check run or status as the agent gets it. */
const failedCheckSchema = z.object({
  kind: z.enum(["check_run", "status"]),
  /** The id of the GitHub App; "" for a status. */
  app: z.string(),
  name: z.string(),
  id: z.int(),
  /** When it was completed: ISO 8601. */
  at: z.string(),
  /** Its page, or "". */
  url: z.string(),
  conclusion: z.string(),
  text: z.string(),
});

/** What the agent is sent about a CI failure, or why it is sent nothing. */
export const relayedSchema = z.object({
  /**
   * Why nothing is sent: everything has been sent before; a person pushed the newest commit; a maintainer has to approve
   * the workflows. "" if something is sent.
   */
  silence: z.enum(["", "nothing", "person", "approval"]),
  /** The login of that person. */
  who: z.string(),
  /** The pull request's branch; "" for a run on a branch without one. */
  branch: z.string(),
  /** The summary of a failed run's logs. */
  text: z.string(),
  /** The failures of other CI. */
  checks: z.array(failedCheckSchema),
});

export type FailedCheck = z.output<typeof failedCheckSchema>;
export type Relayed = z.output<typeof relayedSchema>;
