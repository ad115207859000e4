import * as z from "zod/mini";
import { personSchema } from "./event.js";

/** What a repository's config says of the workspace: the fields of the factory template's input. */
export const factorySchema = z.object({
  repo_url: z.string(),
  repo_name: z.string(),
  base_branch: z.optional(z.string()),
  ai_provider: z.string(),
  size: z.string(),
  docker: z.boolean(),
  extra_volumes: z.optional(z.array(z.object({ path: z.string(), size: z.string() }))),
});
export type Factory = z.output<typeof factorySchema>;

/** What a task is to be made of: `plan-task` reads it, `create-task` and `put-into-inbox` go by it. */
export const planSchema = z.object({
  /**
   * `faulty`: the config file has faults, or what it asks for cannot be had. `nothing`: the file does not ask for this
   * work any more.
   */
  outcome: z.enum(["planned", "faulty", "nothing"]),
  /** For people: why there is no task. */
  detail: z.string(),
  /** Whose task it is; the service user's where it is nobody's in particular. */
  requester: z.nullable(personSchema),
  /** Without a config file there is none. */
  factory: z.nullable(factorySchema),
  /** The words of the config: a job's prompt, or what is added to a failure's summary. */
  words: z.string(),
});
export type Plan = z.output<typeof planSchema>;
