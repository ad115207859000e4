import * as z from "zod/mini";
import { personSchema } from "./event.js";

/** The workspace settings from a repository's config, as the fields of the factory template's input. */
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

/** Executions that an older version started have the prompt under `words`. */
const renamed = z.transform((plan: unknown) =>
  typeof plan === "object" && plan !== null && "words" in plan ? { prompt: plan.words, ...plan } : plan,
);

/** The plan of a task: `claim-work` makes it, `create-task` and `put-into-inbox` use it. */
export const planSchema = z.pipe(
  renamed,
  z.object({
    /**
     * `faulty`: the config file has faults, or asks for something that isn't available. `nothing`: the file no longer
     * asks for this work.
     */
    outcome: z.enum(["planned", "faulty", "nothing"]),
    /** For people: the reason why there is no task. */
    detail: z.string(),
    /** Who will own the task; `null` stands for the service user. */
    requester: z.nullable(personSchema),
    /** `null` without a config file. */
    factory: z.nullable(factorySchema),
    /** The prompt from the config: a job's prompt, or the text that is added to a failure's summary. */
    prompt: z.string(),
  }),
);
export type Plan = z.output<typeof planSchema>;
