import type { GivenSettings } from "../definition/settings.js";

/** The settings that the app decides itself, by the relay's stack and network. */
type PlacedByApp = "STACK_NAME" | "VPC_ID" | "SUBNET_IDS" | "SECURITY_GROUP_IDS";

/** The settings of a relay in your own app. docs/settings.md explains each. */
export interface RelaySettings {
  /** URL of the Coder deployment, `https`. */
  CODER_URL: string;
  /** GitHub login of the agent's user, without `@`. */
  AGENT_GITHUB_USERNAME: string;
  /** API for new tasks. Default: `auto`, which is Tasks if Coder has it, otherwise Chats. */
  CODER_BACKEND?: "auto" | "tasks" | "chats" | undefined;
  /** Who owns the chats: the token's user, or the person who assigned the issue. Default: `bot`. */
  CODER_CHAT_IDENTITY?: "bot" | "requester" | undefined;
  /** Coder user who owns the work that no person requested. Default: such work is refused. */
  CODER_SERVICE_USER?: string | undefined;
  /** GitHub logins, separated by commas, that any config file may name as a job's owner. Default: none. */
  JOB_OWNERS?: string | undefined;
  /** First part of every task's name, 1 to 12 characters. Default: `gh`. */
  CODER_TASK_NAME_PREFIX?: string | undefined;
  /** Coder template of the workspaces. Default: `task-template` with Tasks, the agent's choice with Chats. */
  CODER_TEMPLATE_NAME?: string | undefined;
  /** Coder template for repositories that have a config file. Default: `code-factory`. */
  CODER_FACTORY_TEMPLATE?: string | undefined;
  /** Preset of `CODER_TEMPLATE_NAME`. Default: the template's default preset. */
  CODER_TEMPLATE_PRESET?: string | undefined;
  /** Coder organization of the template and of the chats. Default: `default`. */
  CODER_ORGANIZATION?: string | undefined;
  /** `login=coderuser,…`: Coder users of people whose GitHub account isn't linked in Coder. */
  CODER_USER_MAP?: string | undefined;
  /** GitHub logins of the accounts that are served, separated by commas. Default: the owner of the App. */
  ALLOWED_ACCOUNTS?: string | undefined;
  /** GitHub logins of bots that may assign the agent and speak to it, separated by commas. Default: none. */
  ALLOWED_BOTS?: string | undefined;
  /** Minimum permission on a repository to speak to the agent. Default: `write`. */
  COMMENT_MIN_PERMISSION?: "write" | "triage" | "read" | "any" | undefined;
  /**
   * How many messages about failed CI runs the agent gets in a row until a person says something, 1 to 9999. Default:
   * `10`.
   */
  MAX_CI_ROUNDS?: string | undefined;
  /** Minutes that a CI failure waits for the other checks of its commit, 0 to 60. Default: `5`. */
  CI_SETTLE_MINUTES?: string | undefined;
  /**
   * How the person who assigned the agent is asked to act: by a comment, a requested review, or not at all. Default:
   * `mention`.
   */
  NOTIFY?: "mention" | "review" | "none" | undefined;
  /** Last line of a message with one comment or review: one line of at most 500 characters. */
  COMMENT_INSTRUCTION?: string | undefined;
  /** The same for one failed CI run of a pull request. */
  FAILURE_INSTRUCTION?: string | undefined;
  /** The same for several inputs at once. */
  SEVERAL_INSTRUCTION?: string | undefined;
  /** Default: `json`. */
  LOG_FORMAT?: "json" | "pretty" | undefined;
  /** `https://HOST/api/v3` for GitHub Enterprise Server. Default: `https://api.github.com`. */
  GITHUB_API_URL?: string | undefined;
  /** Email address that gets failed runs and alarms. Default: none. */
  FAILURE_EMAIL?: string | undefined;
  /** Days that logs are kept: a number that CloudWatch Logs offers. Default: 30. */
  LOG_RETENTION_DAYS?: number | undefined;
  /** Path of a file with the PEM certificates of private CAs that the Lambdas trust. Default: none. */
  NODE_EXTRA_CA_CERTS?: string | undefined;
}

/** This fails to compile if a setting is missing above. */
type None<Missing extends never> = Missing;
export type MissingSettings = None<Exclude<keyof GivenSettings, keyof RelaySettings | PlacedByApp>>;
