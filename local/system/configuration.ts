import { createHmac } from "node:crypto";
import { parseSettings, type Settings, SettingsError } from "../../infra/definition/settings.js";
import { asPkcs8 } from "../../lambdas/github/private-key.js";

/** The secrets of the stack, as stored in Secrets Manager. */
export interface Secrets {
  webhook: string;
  /** JSON: `{"appId", "privateKey"}`. */
  githubApp: string;
  coderToken: string;
  taskMark: string;
}

const expectations: Record<string, string> = {
  APP_ID: "the GitHub App's id, a number such as 12345",
  PRIVATE_KEY:
    'the GitHub App\'s private key, whole, such as "-----BEGIN RSA PRIVATE KEY-----…" with \\n for line breaks',
  WEBHOOK_SECRET: "the secret that the App's webhook is set to",
  CODER_TOKEN: "a token of a Coder site Owner",
};

/** The environment: settings and secrets by the names of `.env.example`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The fakes for GitHub and Coder; each is absent if a real one is configured. */
interface Fakes {
  gitHub: { appId: string; privateKey: string; webhookSecret: string; agentLogin: string } | undefined;
  coder: { token: string } | undefined;
}

/** A placeholder until the fake listens; the Lambdas never see it. */
const notYet = "http://localhost";

/**
 * The settings and the secrets from the environment or the fakes. Throws a `SettingsError` that lists every fault in
 * either.
 */
export function readConfiguration(
  environment: Environment,
  fakes: Fakes,
): { settings: Settings; secrets: Secrets } {
  const faults: string[] = [];
  const orFault = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(error.message);
      return undefined;
    }
  };
  const settings = orFault(() => readSettings(environment, fakes));
  const secrets = orFault(() => readSecrets(environment, fakes));
  if (!settings || !secrets) throw new SettingsError(faults.join("\n"));
  return { settings, secrets };
}

function readSettings(environment: Environment, { gitHub, coder }: Fakes): Settings {
  return parseSettings({
    environment: {
      ...environment,
      ...(gitHub && { GITHUB_API_URL: notYet }),
      ...(coder && { CODER_URL: notYet }),
      AGENT_GITHUB_USERNAME: environment.AGENT_GITHUB_USERNAME || gitHub?.agentLogin,
    },
    context: () => undefined,
  });
}

function readSecrets(environment: Environment, { gitHub, coder }: Fakes): Secrets {
  const values: Record<string, string | undefined> = {
    APP_ID: gitHub?.appId ?? environment.APP_ID,
    // The fake accepts only its own private key.
    PRIVATE_KEY: gitHub?.privateKey ?? environment.PRIVATE_KEY,
    WEBHOOK_SECRET: gitHub?.webhookSecret ?? environment.WEBHOOK_SECRET,
    CODER_TOKEN: coder?.token ?? environment.CODER_TOKEN,
  };
  const faults = Object.keys(expectations).flatMap((name) => {
    const wrong = wrongWith(name, values[name]);
    return wrong ? [`${name} ${wrong}; expected in the environment or in .env: ${expectations[name]}`] : [];
  });
  if (faults.length > 0) throw new SettingsError(faults.join("\n"));
  const { APP_ID: appId, PRIVATE_KEY: privateKey, WEBHOOK_SECRET = "", CODER_TOKEN = "" } = values;
  return {
    webhook: WEBHOOK_SECRET,
    githubApp: JSON.stringify({ appId, privateKey }),
    coderToken: CODER_TOKEN,
    // The same at every start, because tasks from earlier starts must be recognized although the table may be lost.
    taskMark: createHmac("sha256", WEBHOOK_SECRET).update("task mark").digest("hex"),
  };
}

/** What is wrong with a secret's form. The message never holds its value. */
function wrongWith(name: string, value: string | undefined): string | undefined {
  if (!value) return "is missing";
  if (name === "APP_ID" && !/^\d+$/.test(value)) return "is not a number";
  return name === "PRIVATE_KEY" && !isPrivateKey(value) ? "holds no private key in PEM" : undefined;
}

function isPrivateKey(text: string): boolean {
  try {
    asPkcs8(text);
    return true;
  } catch {
    return false;
  }
}
