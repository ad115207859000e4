import { z } from "zod";
import { notifications } from "../../lambdas/model/notification.js";
import { commentPermissions } from "../../lambdas/model/permission.js";
import { withVisibleInvisibles } from "../../lambdas/text/invisible.js";
import { withoutFences } from "../../lambdas/text/look-alikes.js";

/**
 * The settings of a deployment, read once from the environment and the CDK context (`cdk.json`, `-c NAME=…`). None of
 * them is secret; the secrets are in Secrets Manager and are never read here. The local system also reads the settings at
 * each start, so this file does not import the CDK.
 */

/** GitHub allows letters, digits and hyphens, and an underscore in the logins of enterprise managed users. */
const login = /^[a-z\d][a-z\d_-]{0,38}$/i;
const botLogin = /^[a-z\d][a-z\d_-]{0,38}(?:\[bot\])?$/i;
/** Coder: https://github.com/coder/coder/blob/main/codersdk/name.go */
const coderName = /^(?=.{1,32}$)[a-z\d]+(?:-[a-z\d]+)*$/i;
const prefix = /^(?=.{1,12}$)[a-z\d]+(?:-[a-z\d]+)*$/i;
/**
 * CloudFormation's rule, but shorter, because the names of the Lambdas begin with it and have at most 64 characters.
 */
const stackName = /^[a-z][a-z\d-]{0,31}$/i;
/** The ids of EC2: a prefix and 8 or, since 2018, 17 hexadecimal digits. */
const ec2Id = (prefix: string) => new RegExp(`^${prefix}-[\\da-f]{8,17}$`);
const emailAddress = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The days for which CloudWatch Logs can keep a log group:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/**
 * How many bytes of a Lambda's environment the settings may take, measured as JSON. It holds 4 KB; the rest is for the
 * ARNs and names that the stack adds.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
 */
const environmentRoom = 2748;

/** The Coder API for new tasks: `auto` uses the one that the deployment has. */
const coderBackends = ["auto", "tasks", "chats"] as const;

/** The owner of the chats: the Coder token's user, or the person who requested the chat. */
const chatIdentities = ["bot", "requester"] as const;

/** Text that people and agents read within a line, so nothing in it may end the line or hide from them. */
const oneLine = (max: number) =>
  z
    .string()
    .max(max, `is longer than ${max} characters`)
    .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text), "holds a line break or another control character")
    .refine((text) => withVisibleInvisibles(text) === text, "holds an invisible character");

const instruction = oneLine(500).refine(
  (text) => withoutFences(text) === text,
  "holds a fence of a code block",
);
const instructionRule = "one line of at most 500 characters for the agent";

const matching = (pattern: RegExp, wrong: string) => z.string().regex(pattern, wrong);

const serviceUrl = z.string().transform((value, context) => {
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  if (!URL.canParse(value)) return refuse("is not a URL");
  const url = new URL(value);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback.has(url.hostname))) {
    return refuse(`starts with ${url.protocol}//, which would send tokens in the clear`);
  }
  if (url.username || url.password) return refuse("holds a user name or password");
  if (url.search || url.hash) return refuse("has a query or a fragment");
  // A DNS name may end with a dot. It is the same host, but TLS and origin checks treat it as a different one.
  url.hostname = url.hostname.replace(/\.$/, "");
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
});

/** GitHub's pages, which answer the API's paths with 404. */
const gitHubPages = /^https:\/\/(?:www\.)?github\.com(?:\/|$)/;
const gitHubApi = serviceUrl.refine((url) => !gitHubPages.test(url), "is where GitHub's pages are");

/**
 * A comma-separated list, normalized without blanks and repetitions; an empty one counts as not set. `wrong` returns the
 * fault of an item, if it has one.
 */
const list = (wrong: (item: string, all: string[]) => string | undefined) =>
  z.string().transform((value, context) => {
    const items = value.split(",").map((item) => item.replaceAll(/\s/g, ""));
    const present = [...new Set(items.filter((item) => item !== ""))];
    for (const item of present) {
      const message = wrong(item, present);
      if (message) context.addIssue({ code: "custom", message });
    }
    return present.join(",") || undefined;
  });

const bots = list((item) =>
  botLogin.test(item) ? undefined : `holds "${item}", which is not a GitHub login`,
);

const logins = list((item) =>
  login.test(item) ? undefined : `holds "${item}", which is not a GitHub login`,
);

const ec2Ids = (prefix: string) => {
  const pattern = ec2Id(prefix);
  return list((item) => (pattern.test(item) ? undefined : `holds "${item}", which is not a ${prefix}- id`));
};

const userMap = list((item, all) => {
  const [from = "", to = "", ...rest] = item.split("=");
  if (!botLogin.test(from) || !coderName.test(to) || rest.length > 0)
    return `holds "${item}", which is not a pair`;
  const sameLogin = (other: string) => other.toLowerCase().startsWith(`${from.toLowerCase()}=`);
  return all.find(sameLogin) === item ? undefined : `names ${from} twice`;
});

const retentionDays = z.coerce
  .number("is not a number")
  .pipe(z.literal(retentions, "is a retention that CloudWatch Logs does not offer"));

const schema = z.object({
  CODER_URL: serviceUrl,
  AGENT_GITHUB_USERNAME: matching(login, "is not a GitHub login"),
  CODER_TASK_NAME_PREFIX: matching(prefix, "cannot start a Coder task's name").default("gh"),
  CODER_BACKEND: z.enum(coderBackends, "is not a backend").default("auto"),
  CODER_CHAT_IDENTITY: z.enum(chatIdentities, "is not an identity for chats").default("bot"),
  CODER_SERVICE_USER: matching(coderName, "is not a Coder name").optional(),
  JOB_OWNERS: logins.optional(),
  CODER_TEMPLATE_NAME: matching(coderName, "is not a Coder name").optional(),
  CODER_FACTORY_TEMPLATE: matching(coderName, "is not a Coder name").default("code-factory"),
  CODER_TEMPLATE_PRESET: oneLine(64).optional(),
  CODER_ORGANIZATION: matching(coderName, "is not a Coder name").default("default"),
  CODER_USER_MAP: userMap.optional(),
  ALLOWED_ACCOUNTS: logins.optional(),
  ALLOWED_BOTS: bots.optional(),
  COMMENT_MIN_PERMISSION: z
    .enum(commentPermissions, "is not a permission that can be required")
    .default("write"),
  MAX_CI_ROUNDS: matching(/^[1-9]\d{0,3}$/, "is not a number from 1 to 9999").default("10"),
  CI_SETTLE_MINUTES: matching(/^([0-9]|[1-5]\d|60)$/, "is not a number from 0 to 60").default("5"),
  NOTIFY: z.enum(notifications, "is not a way to notify people").default("mention"),
  COMMENT_INSTRUCTION: instruction.optional(),
  FAILURE_INSTRUCTION: instruction.optional(),
  SEVERAL_INSTRUCTION: instruction.optional(),
  LOG_FORMAT: z.enum(["json", "pretty"], "is not a log format").default("json"),
  GITHUB_API_URL: gitHubApi.default("https://api.github.com"),
  FAILURE_EMAIL: matching(emailAddress, "is not an email address").optional(),
  LOG_RETENTION_DAYS: retentionDays.default(30),
  STACK_NAME: matching(stackName, "cannot be the name of the stack").default("coder-task-relay"),
  VPC_ID: matching(ec2Id("vpc"), "is not a vpc- id").optional(),
  SUBNET_IDS: ec2Ids("subnet").optional(),
  SECURITY_GROUP_IDS: ec2Ids("sg").optional(),
  NODE_EXTRA_CA_CERTS: z.string().optional(),
});

/** Together, they place the Lambdas in a VPC. */
const networkSettings = ["VPC_ID", "SUBNET_IDS", "SECURITY_GROUP_IDS"] as const;

/** The settings that only the stack needs. The Lambdas get all others. */
const stackSettings: readonly string[] = [
  ...networkSettings,
  "STACK_NAME",
  "NODE_EXTRA_CA_CERTS",
  "FAILURE_EMAIL",
  "LOG_RETENTION_DAYS",
];

export type Settings = z.output<typeof schema>;
/** Settings as a person writes them. Those that have a default can be left out. */
export type GivenSettings = z.input<typeof schema>;
export type SettingName = keyof Settings;

const nameRule = "letters, digits and single hyphens between them";

/** A setting's expected value and an example, for error messages. */
const expectations: Record<SettingName, readonly [expected: string, example: string]> = {
  CODER_URL: ["the https URL of your Coder deployment", "https://coder.example.com"],
  AGENT_GITHUB_USERNAME: ["the GitHub login of the agent, without @", "coder-agent"],
  CODER_TASK_NAME_PREFIX: [`1 to 12 ${nameRule}`, "gh"],
  CODER_BACKEND: [`one of ${coderBackends.join(", ")}`, "auto"],
  CODER_CHAT_IDENTITY: [`one of ${chatIdentities.join(", ")}`, "bot"],
  CODER_SERVICE_USER: [`the name of a Coder user: 1 to 32 ${nameRule}`, "relay-agent"],
  JOB_OWNERS: ["GitHub logins of people, separated by commas", "mona,hubot"],
  CODER_TEMPLATE_NAME: [`a template's name: 1 to 32 ${nameRule}`, "task-template"],
  CODER_FACTORY_TEMPLATE: [`a template's name: 1 to 32 ${nameRule}`, "code-factory"],
  CODER_TEMPLATE_PRESET: ["the name of one of the template's presets", "Large"],
  CODER_ORGANIZATION: [`an organization's name: 1 to 32 ${nameRule}`, "default"],
  CODER_USER_MAP: ["pairs of GitHub login and Coder user, each login once", "octocat=octo,hubot=robot"],
  ALLOWED_ACCOUNTS: ["GitHub logins of users and organizations, separated by commas", "octo-org,mona"],
  ALLOWED_BOTS: ["GitHub logins, separated by commas", "renovate[bot],dependabot[bot]"],
  COMMENT_MIN_PERMISSION: [commentPermissions.join(", "), "triage"],
  MAX_CI_ROUNDS: ["how many messages about failed CI runs in a row the agent gets", "10"],
  CI_SETTLE_MINUTES: ["how many minutes a CI failure waits for the other checks of its commit", "5"],
  NOTIFY: [`one of ${notifications.join(", ")}`, "mention"],
  COMMENT_INSTRUCTION: [`${instructionRule}, after one comment`, "Reply first, then change the code."],
  FAILURE_INSTRUCTION: [`${instructionRule}, after one failed CI run`, "Reproduce it first, then fix it."],
  SEVERAL_INSTRUCTION: [`${instructionRule}, after several at once`, "Answer all of these with one push."],
  LOG_FORMAT: ["json or pretty", "json"],
  GITHUB_API_URL: ["the https URL of GitHub's REST API", "https://github.example.com/api/v3"],
  FAILURE_EMAIL: ["an email address that receives failure reports", "oncall@example.com"],
  LOG_RETENTION_DAYS: [`a number of days out of ${retentions.join(", ")}`, "30"],
  STACK_NAME: ["1 to 32 letters, digits and hyphens, with a letter first", "coder-task-relay"],
  VPC_ID: ["the id of an existing VPC", "vpc-0a1b2c3d4e5f67890"],
  SUBNET_IDS: ["ids of private subnets of VPC_ID, separated by commas", "subnet-0a1b2c3d4e5f67890"],
  SECURITY_GROUP_IDS: ["ids of security groups of VPC_ID, separated by commas", "sg-0a1b2c3d4e5f67890"],
  NODE_EXTRA_CA_CERTS: ["the path of a file of PEM certificates", "certs/internal-ca.pem"],
};

export const settingNames = Object.keys(expectations) as SettingName[];

/** Settings are missing or wrong. The message has one line for each fault. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** The sources of settings. `environment` wins over `context`, and blank values count as not set. */
export interface SettingsSource {
  environment: Readonly<Record<string, string | undefined>>;
  context: (name: string) => unknown;
}

/** @throws {SettingsError} which names every fault at once. */
export function parseSettings(source: SettingsSource): Settings {
  const values = settingNames.map((name) => [name, given(name, source)] as const);
  const result = schema.safeParse(Object.fromEntries(values.filter(([, value]) => value !== undefined)));
  if (result.success) return withinRoom(withWholeNetwork(result.data));
  const missing = new Set(values.filter(([, value]) => value === undefined).map(([name]) => name));
  const lines = settingNames.flatMap((name) => {
    const issues = result.error.issues.filter((issue) => issue.path[0] === name);
    if (issues.length === 0) return [];
    const wrong = missing.has(name) ? "is missing" : [...new Set(issues.map(wording))].join(" and ");
    return [fault(name, wrong)];
  });
  throw new SettingsError(lines.join("\n"));
}

/** The line that says what is wrong with a setting, what is expected, and an example. */
export function fault(name: SettingName, wrong: string): string {
  const [expected, example] = expectations[name];
  return `${name} ${wrong}; expected ${expected}, for example ${name}=${example}`;
}

/** Throws an error that names the missing settings if only some of a VPC's settings are set. */
function withWholeNetwork(settings: Settings): Settings {
  const missing = networkSettings.filter((name) => settings[name] === undefined);
  if (missing.length === 0 || missing.length === networkSettings.length) return settings;
  const wrong = `is missing; a VPC needs all of ${networkSettings.join(", ")}`;
  throw new SettingsError(missing.map((name) => fault(name, wrong)).join("\n"));
}

/** Throws an error that names the longest setting if all settings together are too long for a Lambda's environment. */
function withinRoom(settings: Settings): Settings {
  const environment = lambdaEnvironment(settings);
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  if (bytes <= environmentRoom) return settings;
  const lengthOf = (name: SettingName) => Buffer.byteLength(environment[name] ?? "");
  const longest = settingNames.reduce((a, b) => (lengthOf(b) > lengthOf(a) ? b : a));
  const wrong = `is too long: with it all settings are ${bytes} bytes, and a Lambda's environment has room for ${environmentRoom}`;
  throw new SettingsError(fault(longest, wrong));
}

function given(name: SettingName, { environment, context }: SettingsSource): unknown {
  return present(environment[name]) ?? present(context(name));
}

/** Trims text; a number in `cdk.json` counts as text. Zod checks anything else. */
function present(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return value ?? undefined;
  return value.trim() || undefined;
}

function wording(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_type" && issue.expected === "string" ? "is not text" : issue.message;
}

/**
 * The settings that the Lambdas read, as environment variables with the same names. Only those that are set are included.
 */
export function lambdaEnvironment(settings: Settings): Record<string, string> {
  const forLambdas = Object.entries(settings).filter(([name]) => !stackSettings.includes(name));
  return Object.fromEntries(forLambdas.flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
}
