import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { parseSettings, SettingsError } from "../../infra/definition/settings.js";
import { hashOfSources } from "../../infra/definition/sources.js";
import { appCredentials, expireCredentials } from "../../lambdas/github/credentials.js";
import { secretsManager } from "../operations/clients.js";
import { type Check, type CheckGroup, fault, ok, type Result, unknown } from "./finding.js";

const settings: Check = {
  name: "Settings",
  async run({ environment }) {
    try {
      parseSettings({ environment, context: () => undefined });
      return [ok("complete and valid")];
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      const lines = error.message.split("\n");
      return lines.map((line) => fault(line, "Set it (docs/settings.md) and deploy again."));
    }
  },
};

/** The placeholders in the stack's secrets until an operator stores the real values (`infra/stack/secrets.ts`). */
const placeholders = [/^put-the-coder-token-here$/, /"appId":\s*""/];

/** The environment variables of the secrets, and the minimum length of their values. */
const secretLengths = {
  WEBHOOK_SECRET_ARN: 20,
  GITHUB_APP_SECRET_ARN: 100,
  CODER_TOKEN_SECRET_ARN: 10,
  TASK_MARK_SECRET_ARN: 32,
} as const;

const secrets: Check = {
  name: "Secrets",
  async run({ environment }) {
    const names = Object.keys(secretLengths) as (keyof typeof secretLengths)[];
    const found = await Promise.all(names.map((name) => faultsOfSecret(name, environment[name])));
    const all = found.flat();
    if (all.length > 0) return all;
    // The secret may have been read before it was corrected.
    expireCredentials();
    await appCredentials();
    return [ok("all are readable and well-formed")];
  },
};

async function faultsOfSecret(
  name: keyof typeof secretLengths,
  SecretId: string | undefined,
): Promise<Result[]> {
  const remedy = "Store the right value: docs/deploy.md, Put the secrets.";
  const title = name.replace("_ARN", "").replaceAll("_", " ").toLowerCase();
  try {
    const { SecretString = "" } = await secretsManager.send(new GetSecretValueCommand({ SecretId }));
    if (placeholders.some((placeholder) => placeholder.test(SecretString.trim()))) {
      return [
        fault(`the ${title} was never set: it still has the placeholder of the first deployment`, remedy),
      ];
    }
    const isShort = SecretString.trim().length < secretLengths[name];
    return isShort ? [fault(`the ${title} has fewer than ${secretLengths[name]} characters`, remedy)] : [];
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [fault(`the ${title} can't be read: ${reason}`, remedy)];
  }
}

const checkout: Check = {
  name: "Checkout",
  async run({ outputs, isLocal }) {
    const again = isLocal ? "Start it again." : "Run npm run deploy, or check out the deployed version.";
    if (outputs.Sources === undefined)
      return [unknown("the stack doesn't say which sources it was built from")];
    if (outputs.Sources === hashOfSources()) return [ok("the deployed code was built from this checkout")];
    return [fault("the deployed code was not built from this checkout", again)];
  },
};

export const deploymentChecks: CheckGroup = { gate: settings, checks: [secrets, checkout] };
