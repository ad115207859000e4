import { SettingsError } from "../infra/settings.js";

/** The three secrets of the stack, as they stand in Secrets Manager. */
export interface Secrets {
  webhook: string;
  /** JSON: `{"appId", "privateKey"}`. */
  githubApp: string;
  coderToken: string;
}

const examples: Record<string, string> = {
  APP_ID: "12345",
  PRIVATE_KEY: '"-----BEGIN RSA PRIVATE KEY-----…" with \\n for line ends',
  WEBHOOK_SECRET: "the secret that the App's webhook is set to",
  CODER_TOKEN: "a token of a Coder site Owner",
};

/** The secrets out of the environment, or from the fakes that stand in for GitHub and Coder. */
export function readSecrets(
  settings: Readonly<Record<string, string | undefined>>,
  gitHub: { appId: string; privateKey: string; webhookSecret: string } | undefined,
  coder: { token: string } | undefined,
): Secrets {
  const values: Record<string, string | undefined> = {
    APP_ID: gitHub?.appId ?? settings.APP_ID,
    // A private key that the fake has never seen would be of no use to it.
    PRIVATE_KEY: gitHub?.privateKey ?? settings.PRIVATE_KEY,
    WEBHOOK_SECRET: gitHub?.webhookSecret ?? settings.WEBHOOK_SECRET,
    CODER_TOKEN: coder?.token ?? settings.CODER_TOKEN,
  };
  const faults = Object.keys(examples)
    .filter((name) => !values[name])
    .map((name) => `${name} is missing; expected in the environment or in .env: ${examples[name]}`);
  if (faults.length > 0) throw new SettingsError(faults.join("\n"));
  const { APP_ID: appId, PRIVATE_KEY: privateKey, WEBHOOK_SECRET = "", CODER_TOKEN = "" } = values;
  return {
    webhook: WEBHOOK_SECRET,
    githubApp: JSON.stringify({ appId, privateKey }),
    coderToken: CODER_TOKEN,
  };
}
