import * as z from "zod/mini";
import { personSchema } from "./event.js";

/** What a repository's config says about the workspace: the fields of the factory template's input. */
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

/** Executions that were started by an older version have the prompt under `words`. */
const renamed = z.transform((plan: unknown) =>
  typeof plan === "object" && plan !== null && "words" in plan ? { prompt: plan.words, ...plan } : plan,
);

/** The plan of a task: `claim-work` makes it, `create-task` and `put-into-inbox` use it. */
export const planSchema = z.pipe(
  renamed,
  z.object({
    /**
     * `faulty`: the config file has faults, or what it asks for cannot be had. `nothing`: the file does not ask for
     * this work any more.
     */
    outcome: z.enum(["planned", "faulty", "nothing"]),
    /** For people: why there is no task. */
    detail: z.string(),
    /** Who will own the task; `null` stands for the service user. */
    requester: z.nullable(personSchema),
    /** `null` without a config file. */
    factory: z.nullable(factorySchema),
    /** What the config adds: a job's prompt, or what is added to a failure's summary. */
    prompt: z.string(),
  }),
);
export type Plan = z.output<typeof planSchema>;
