import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { parseSettings, type Settings, SettingsError } from "../../infra/definition/settings.js";
import { isUnfinished } from "../deployment/stack.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import { checkAgentUser } from "./agent-user.js";
import { givenValue, needed } from "./questions.js";
import { checkCoder } from "./setup-coder.js";

export interface NewStack {
  name: string;
  /** Runs the deployment, with these variables on top of the environment. */
  deploy: (settings: Readonly<Record<string, string>>) => Promise<void>;
  agree: (plan: string) => Promise<void>;
}

/** The CDK's context key for a bootstrap other than the default one (docs/deploy.md). */
const qualifier = "@aws-cdk/core:bootstrapQualifier";

/**
 * Whether the account and region have a stack of that name. A stack whose first deployment failed counts as missing and
 * is deployed again.
 */
export async function hasStack(name: string): Promise<boolean> {
  try {
    const command = new DescribeStacksCommand({ StackName: name });
    const { Stacks: [stack = {}] = [] } = await new CloudFormationClient({}).send(command);
    return !isUnfinished(stack);
  } catch (error) {
    const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
    if (kind === "ValidationError" && message.includes("does not exist")) return false;
    throw new CommandError(
      "unreachable",
      `AWS can't be reached: ${message}. Check the AWS credentials and the region of this shell.`,
    );
  }
}

/**
 * Asks for missing settings, checks them with Coder, and deploys the stack. Returns the Coder token, which goes into the
 * new stack.
 */
export async function deployStack(terminal: Terminal, { name, deploy, agree }: NewStack): Promise<string> {
  // With another qualifier, the bootstrap stack can have any name, so the CDK has to check whether it exists.
  if (givenValue(qualifier) === undefined && !(await hasStack("CDKToolkit"))) {
    throw new CommandError(
      "failed",
      "The CDK isn't bootstrapped in this account and region. Run npx --no-install cdk bootstrap once, then setup again.",
    );
  }
  terminal.note("✓ AWS credentials, and a bootstrapped CDK");
  const url = await needed(terminal, {
    variable: "CODER_URL",
    question: "URL of the Coder deployment, for example https://coder.example.com",
  });
  const agent = await needed(terminal, {
    variable: "AGENT_GITHUB_USERNAME",
    question: "GitHub login of the agent's user, without @",
  });
  const checked = checkSettings({ CODER_URL: url, AGENT_GITHUB_USERNAME: agent, STACK_NAME: name });
  await checkAgentUser(terminal, checked.GITHUB_API_URL, agent);
  const { token, findings } = await checkCoder(terminal, checked.CODER_URL, undefined);
  const template = await chosenTemplate(terminal, findings.templates);
  const settings = {
    CODER_URL: url,
    AGENT_GITHUB_USERNAME: agent,
    STACK_NAME: name,
    ...(template && { CODER_TEMPLATE_NAME: template }),
  };
  const list = Object.entries(settings).map(([variable, value]) => `  ${variable}=${value}`);
  await agree(
    `This deploys the stack ${name} with the settings:\n${list.join("\n")}\nAll others have the defaults of docs/settings.md. Keep these settings for later deployments, for example in cdk.json.`,
  );
  await deploy(settings);
  terminal.note(`✓ Stack ${name}`);
  return token;
}

/**
 * The same check as in the deployment, but before any setting is used, because a token must not be sent to a wrong
 * address.
 */
function checkSettings(known: Readonly<Record<string, string>>): Settings {
  try {
    return parseSettings({ environment: { ...process.env, ...known }, context: givenValue });
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new CommandError("failed", `${error.message}\nCorrect this, and run setup again.`);
  }
}

/** Lets the person choose a template, if none is set. */
async function chosenTemplate(terminal: Terminal, templates: string[]): Promise<string | undefined> {
  const given = givenValue("CODER_TEMPLATE_NAME");
  if (given !== undefined && !templates.includes(given)) {
    throw new CommandError(
      "failed",
      `Coder has no template ${given} that the token may see. It has: ${templates.join(", ") || "none"}.`,
    );
  }
  if (given !== undefined || templates.length === 0 || !terminal.isInteractive) return given;
  const answer = await terminal.ask(
    `Template of the workspaces, one of ${templates.join(", ")} (empty: the default): `,
  );
  if (answer === "" || templates.includes(answer)) return answer || undefined;
  throw new CommandError(
    "failed",
    `Coder has no template ${answer}. It has: ${templates.join(", ")}. Run setup again.`,
  );
}
