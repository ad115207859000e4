import * as z from "zod/mini";
import { ConfigurationError } from "../model/errors.js";
import { notifications } from "../model/notification.js";
import { commentPermissions } from "../model/permission.js";
import { backends } from "../model/record.js";
import { schemaFaults } from "../model/schema-faults.js";

/** The environment variables of the Lambdas. Each group is read by the modules that need it, once per process. */

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

/** `login=coderuser,…` → Coder users by exact login, because `name` and `name[bot]` are two accounts. */
const userMap = z.pipe(
  list,
  z.transform((pairs: string[]) => new Map(pairs.map(splitPair))),
);

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

export const ingressEnvironment = once(() => read({ WEBHOOK_SECRET_ARN: text }));

/** The flows that a delivery can start. */
export const flowEnvironment = once(() =>
  read({
    CREATE_TASK_FLOW_ARN: text,
    DELETE_TASK_FLOW_ARN: text,
    FORWARD_COMMENT_FLOW_ARN: text,
    RELAY_FAILURE_FLOW_ARN: text,
    SYNC_REPO_CONFIG_FLOW_ARN: text,
    WATCH_PULLS_FLOW_ARN: text,
    TRACK_PULL_FLOW_ARN: text,
  }),
);

export const agentEnvironment = once(() =>
  read({
    AGENT_GITHUB_USERNAME: text,
    ALLOWED_BOTS: list,
    COMMENT_MIN_PERMISSION: z._default(z.enum(commentPermissions), "write"),
  }),
);

/** Which accounts the relay serves, on which GitHub. */
export const accountsEnvironment = once(() =>
  read({ ALLOWED_ACCOUNTS: list, GITHUB_API_URL: z._default(url, "https://api.github.com") }),
);

export const inboxEnvironment = once(() => read({ MAX_CI_ROUNDS: z._default(count, 10) }));

/** How people are notified that they have to act. */
export const attentionEnvironment = once(() =>
  read({ NOTIFY: z._default(z.enum(notifications), "mention") }),
);

/** How many minutes a failure waits for the other checks of its commit. */
export const ciEnvironment = once(() => read({ CI_SETTLE_MINUTES: z._default(count, 5) }));

/** The users that jobs may run as. */
export const jobEnvironment = once(() => read({ JOB_OWNERS: list, CODER_SERVICE_USER: z.optional(text) }));

export const startEnvironment = once(() => read({ CREATE_TASK_FLOW_ARN: text }));

export const relayEnvironment = once(() => read({ RELAY_FAILURE_FLOW_ARN: text }));

export const drainEnvironment = once(() => read({ DRAIN_INBOX_FLOW_ARN: text }));

export const followEnvironment = once(() => read({ FOLLOW_TASK_FLOW_ARN: text }));

export const instructionEnvironment = once(() =>
  read({
    COMMENT_INSTRUCTION: z.optional(text),
    FAILURE_INSTRUCTION: z.optional(text),
    SEVERAL_INSTRUCTION: z.optional(text),
  }),
);

export const scheduleEnvironment = once(() =>
  read({
    SCHEDULE_GROUP: text,
    SCHEDULE_ROLE_ARN: text,
    SCHEDULE_DEAD_LETTERS_ARN: text,
    CREATE_TASK_FLOW_ARN: text,
  }),
);

export const tableEnvironment = once(() => read({ TABLE_NAME: text }));

export const gitHubEnvironment = once(() =>
  read({ GITHUB_APP_SECRET_ARN: text, GITHUB_API_URL: z._default(url, "https://api.github.com") }),
);

/** The address of GitHub's pages: `https://github.com`, or an Enterprise Server's. */
export function gitHubPages(): string {
  const { GITHUB_API_URL: api } = read({ GITHUB_API_URL: z._default(url, "https://api.github.com") });
  return new URL(api).origin.replace("://api.", "://");
}

export const coderUrlEnvironment = once(() => read({ CODER_URL: url }));

export const coderEnvironment = once(() =>
  read({
    CODER_TOKEN_SECRET_ARN: text,
    TASK_MARK_SECRET_ARN: text,
    CODER_URL: url,
    CODER_BACKEND: z._default(z.enum(["auto", ...backends]), "auto"),
    CODER_CHAT_IDENTITY: z._default(z.enum(["bot", "requester"]), "bot"),
    /** The user that the agent works as if no person asked for the work. */
    CODER_SERVICE_USER: z.optional(text),
    CODER_ORGANIZATION: z._default(text, "default"),
    CODER_TASK_NAME_PREFIX: z._default(text, "gh"),
    /** The default is `task-template` for Tasks, and the agent's choice for Chats. */
    CODER_TEMPLATE_NAME: z.optional(text),
    /** The template of every task in a repository with a config file. */
    CODER_FACTORY_TEMPLATE: z._default(text, "code-factory"),
    CODER_TEMPLATE_PRESET: z.optional(text),
    CODER_USER_MAP: userMap,
    GITHUB_API_URL: z._default(url, "https://api.github.com"),
  }),
);

export type CoderSettings = ReturnType<typeof coderEnvironment>;

/** Computes a value on the first call and remembers it. The annotation lets the bundler drop what nobody calls. */
/* @__NO_SIDE_EFFECTS__ */
function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** An empty variable counts as not set. */
function read<Shape extends z.core.$ZodShape>(shape: Shape): z.output<z.ZodMiniObject<Shape>> {
  const present = Object.entries(process.env).filter(([, value]) => value !== "");
  const result = z.safeParse(z.object(shape), Object.fromEntries(present));
  if (result.success) return result.data;
  const faults = schemaFaults(result.error, "the environment").join("; ");
  throw new ConfigurationError(
    `Environment variables are missing or not valid: ${faults}. Deploy the stack again with the settings of docs/settings.md.`,
  );
}
