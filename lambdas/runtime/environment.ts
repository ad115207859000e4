import * as z from "zod/mini";
import { ConfigurationError } from "../model/errors.js";
import { commentPermissions } from "../model/permission.js";
import { backends } from "../model/record.js";
import { schemaFaults } from "../model/schema-faults.js";

/** The environment of the Lambdas: every name in one place, each group read by the module that needs it. */

const text = z.string().check(z.minLength(1));
const url = z.pipe(
  z.url({ protocol: /^https?$/ }),
  z.transform((value: string) => value.replace(/\/+$/, "")),
);
const count = z.pipe(text.check(z.regex(/^\d+$/)), z.transform(Number));
const list = z.pipe(
  z._default(z.string(), ""),
  z.transform((value: string) =>
    value
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ),
);

/** `login=coderuser,…` → Coder users by login, as it stands: `name` and `name[bot]` are two accounts. */
const userMap = z.pipe(
  list,
  z.transform((pairs: string[]) => new Map(pairs.map(splitPair))),
);

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

export const ingressEnvironment = () =>
  read({
    WEBHOOK_SECRET_ARN: text,
    CREATE_TASK_FLOW_ARN: text,
    DELETE_TASK_FLOW_ARN: text,
    FORWARD_COMMENT_FLOW_ARN: text,
    RELAY_FAILURE_FLOW_ARN: text,
    SYNC_REPO_CONFIG_FLOW_ARN: text,
  });

export const agentEnvironment = () =>
  read({
    AGENT_GITHUB_USERNAME: text,
    ALLOWED_BOTS: list,
    COMMENT_MIN_PERMISSION: z._default(z.enum(commentPermissions), "write"),
  });

/** Whom the relay serves, on which GitHub. */
export const accountsEnvironment = () =>
  read({ ALLOWED_ACCOUNTS: list, GITHUB_API_URL: z._default(url, "https://api.github.com") });

export const inboxEnvironment = () => read({ MAX_CI_ROUNDS: z._default(count, 10) });

/** As whom jobs may work. */
export const jobEnvironment = () => read({ JOB_OWNERS: list, CODER_SERVICE_USER: z.optional(text) });

export const startEnvironment = () => read({ CREATE_TASK_FLOW_ARN: text });

export const drainEnvironment = () => read({ DRAIN_INBOX_FLOW_ARN: text });

export const followEnvironment = () => read({ FOLLOW_TASK_FLOW_ARN: text });

export const instructionEnvironment = () =>
  read({
    COMMENT_INSTRUCTION: z.optional(text),
    FAILURE_INSTRUCTION: z.optional(text),
    SEVERAL_INSTRUCTION: z.optional(text),
  });

export const scheduleEnvironment = () =>
  read({ SCHEDULE_GROUP: text, SCHEDULE_ROLE_ARN: text, CREATE_TASK_FLOW_ARN: text });

export const tableEnvironment = () => read({ TABLE_NAME: text });

export const gitHubEnvironment = () =>
  read({ GITHUB_APP_SECRET_ARN: text, GITHUB_API_URL: z._default(url, "https://api.github.com") });

/** Where the pages of the GitHub are whose API this is: `https://github.com`, or an Enterprise Server's address. */
export function gitHubPages(): string {
  const { GITHUB_API_URL: api } = read({ GITHUB_API_URL: z._default(url, "https://api.github.com") });
  return new URL(api).origin.replace("://api.", "://");
}

export const coderEnvironment = () =>
  read({
    CODER_TOKEN_SECRET_ARN: text,
    TASK_MARK_SECRET_ARN: text,
    CODER_URL: url,
    CODER_BACKEND: z._default(z.enum(["auto", ...backends]), "auto"),
    CODER_CHAT_IDENTITY: z._default(z.enum(["bot", "requester"]), "bot"),
    /** Who works where nobody in particular does. */
    CODER_SERVICE_USER: z.optional(text),
    CODER_ORGANIZATION: z._default(text, "default"),
    CODER_TASK_NAME_PREFIX: z._default(text, "gh"),
    /** Without it: `task-template` for Tasks, and what the agent picks for Chats. */
    CODER_TEMPLATE_NAME: z.optional(text),
    /** What is made from a repository's config is made from this one. */
    CODER_FACTORY_TEMPLATE: z._default(text, "code-factory"),
    CODER_TEMPLATE_PRESET: z.optional(text),
    CODER_USER_MAP: userMap,
    GITHUB_API_URL: z._default(url, "https://api.github.com"),
  });

export type CoderSettings = ReturnType<typeof coderEnvironment>;

/** An empty variable counts as one that is not set. */
function read<Shape extends z.core.$ZodShape>(shape: Shape): z.output<z.ZodMiniObject<Shape>> {
  const present = Object.entries(process.env).filter(([, value]) => value !== "");
  const result = z.safeParse(z.object(shape), Object.fromEntries(present));
  if (result.success) return result.data;
  const faults = schemaFaults(result.error, "the environment").join("; ");
  throw new ConfigurationError(
    `Environment variables are missing or not valid: ${faults}. Deploy the stack again with the settings of docs/settings.md.`,
  );
}
