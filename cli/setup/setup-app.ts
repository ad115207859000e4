import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { subscribedEvents } from "../../lambdas/model/handled-events.js";
import type { Deployment } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import {
  type AppAbout,
  type AppKey,
  GitHubApp,
  missingPermissions,
  statusOf,
} from "../operations/github-app.js";
import { readSecret, writeSecret } from "../operations/secrets.js";
import { makeApp, type NewApp, type RegistrationOptions } from "./registration.js";

export interface AppOptions extends Omit<RegistrationOptions, "webhookUrl"> {
  /** An App that exists, to take over. */
  existing: { appId: string; keyFile: string } | undefined;
  /** Asks before an App is made. */
  agree: (plan: string) => Promise<void>;
}

/** The relay's App: the one that is stored, one that is taken over, or a new one. */
export async function setUpApp(
  terminal: Terminal,
  deployment: Deployment,
  options: AppOptions,
): Promise<{ app: GitHubApp; about: AppAbout }> {
  const key = options.existing
    ? await takeOver(deployment, options)
    : ((await storedKey(deployment)) ?? (await makeNew(terminal, deployment, options)));
  const app = new GitHubApp(options.api, key);
  const about = await aboutOf(app, key.appId);
  terminal.note(`✓ GitHub App ${about.slug} (${key.appId}) of ${about.owner.login}`);
  await setUpHook(terminal, deployment, app);
  checkComplete(about, options.pages);
  return { app, about };
}

const storedSchema = z.object({ appId: z.coerce.string().regex(/^\d+$/), privateKey: z.string().min(1) });

/** The App of the secret; `undefined` if nothing has been put there. */
async function storedKey(deployment: Deployment): Promise<AppKey | undefined> {
  const text = await readSecret(deployment, "GitHubAppSecretArn");
  const parsed = storedSchema.safeParse(jsonOf(text));
  return parsed.success ? usable(parsed.data, "The GitHub App's secret") : undefined;
}

async function takeOver(deployment: Deployment, { existing, api }: AppOptions): Promise<AppKey> {
  const { appId, keyFile } = existing ?? { appId: "", keyFile: "" };
  let privateKey: string;
  try {
    privateKey = readFileSync(keyFile, "utf8");
  } catch {
    throw new CommandError(
      "usage",
      `--key-file ${keyFile} can't be read; expected the .pem file that GitHub gave you.`,
    );
  }
  const key = usable({ appId, privateKey }, `--key-file ${keyFile}`);
  await aboutOf(new GitHubApp(api, key), appId);
  await writeSecret(deployment, "GitHubAppSecretArn", JSON.stringify({ appId, privateKey }));
  return key;
}

async function makeNew(terminal: Terminal, deployment: Deployment, options: AppOptions): Promise<AppKey> {
  const { name, organization, pages } = options;
  const webhookUrl = deployment.outputs.WebhookUrl ?? "";
  await options.agree(
    `This makes the GitHub App "${name}" at ${pages}, owned by ${organization ?? "the account that is signed in in your browser"}, with the webhook ${webhookUrl}. Its key and its webhook secret go into Secrets Manager.`,
  );
  const app = await makeApp(terminal, { ...options, webhookUrl }, (made) => keep(deployment, made, pages));
  return usable(app, "GitHub's answer");
}

/** Stores what GitHub shows only once. */
async function keep(deployment: Deployment, app: NewApp, pages: string): Promise<void> {
  const { appId, privateKey, slug, webhookSecret } = app;
  try {
    await writeSecret(deployment, "GitHubAppSecretArn", JSON.stringify({ appId, privateKey }));
    if (webhookSecret) await writeSecret(deployment, "WebhookSecretArn", webhookSecret);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : "no answer";
    throw new CommandError(
      "failed",
      `The App ${slug} exists, but its key could not be stored (${reason}). Generate a new private key on its page (${pages}, Developer settings, GitHub Apps), mend this, and run setup --app-id ${appId} --key-file <file>.`,
    );
  }
}

/** The library that signs takes PKCS#8, GitHub gives PKCS#1. */
function usable({ appId, privateKey }: AppKey, source: string): AppKey {
  try {
    const key = createPrivateKey(privateKey.replaceAll("\\n", "\n").trim());
    return { appId, privateKey: key.export({ type: "pkcs8", format: "pem" }).toString() };
  } catch {
    throw new CommandError(
      "failed",
      `${source} holds no private key in PEM; expected the .pem file that GitHub gave you, whole.`,
    );
  }
}

async function aboutOf(app: GitHubApp, appId: string): Promise<AppAbout> {
  try {
    return await app.about();
  } catch (error) {
    const status = statusOf(error);
    if (status !== 401 && status !== 404) throw error;
    throw new CommandError(
      "failed",
      `GitHub doesn't accept the key of the App ${appId}: the App is deleted, the key is revoked, or they don't belong together. Run setup --app-id <id> --key-file <file> with an App that exists, or empty the secret GitHubAppSecretArn to make a new one.`,
    );
  }
}

/** Makes GitHub send its webhooks here, as JSON, signed with the secret that the relay has. */
export async function setUpHook(terminal: Terminal, deployment: Deployment, app: GitHubApp): Promise<void> {
  const url = deployment.outputs.WebhookUrl ?? "";
  const hook = await app.hook();
  if (hook.url !== url || hook.content_type !== "json" || hook.insecure_ssl !== "0") {
    await app.setHook(url, await readSecret(deployment, "WebhookSecretArn"));
  }
  terminal.note(`✓ Webhook ${url}, as JSON`);
}

/** What the App doesn't ask for although the relay needs it. Only its owner can change that, on its page. */
function checkComplete({ permissions, events, slug, owner }: AppAbout, pages: string): void {
  const missing = [
    ...missingPermissions(permissions).map((one) => `permission ${one}`),
    ...subscribedEvents.filter((event) => !events.includes(event)).map((event) => `event ${event}`),
  ];
  if (missing.length === 0) return;
  const account = owner.type === "Organization" ? `/organizations/${owner.login}` : "";
  throw new CommandError(
    "failed",
    `The App lacks ${missing.join(", ")}. Add them at ${pages}${account}/settings/apps/${slug}/permissions, accept them for each installation, and run setup again.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
