import { z } from "zod";
import { type AppCredentials, expireCredentials } from "../../lambdas/github/credentials.js";
import { isRefusal } from "../../lambdas/model/errors.js";
import type { Deployment } from "../deployment/deployment.js";
import { CommandError } from "../frame/exit.js";
import type { Terminal } from "../frame/terminal.js";
import { readHook, writeHook } from "../operations/hook.js";
import { findApp, lackingIn, permissionsPage, type RegisteredApp } from "../operations/registered-app.js";
import { readSecret, writeSecret } from "../operations/secrets.js";
import { makeApp, type NewApp, type RegistrationOptions } from "./registration.js";

export interface AppOptions extends Omit<RegistrationOptions, "webhookUrl"> {
  /** An existing App to take over. */
  existing: AppCredentials | undefined;
  /** Asks before an App is created. */
  agree: (plan: string) => Promise<void>;
}

/** Sets up the relay's App: an existing one that is taken over, the stored one, or a new one. */
export async function setUpApp(
  terminal: Terminal,
  deployment: Deployment,
  options: AppOptions,
): Promise<RegisteredApp> {
  if (options.existing) await takeOver(deployment, options.existing, options.organization);
  else if (!(await isStored(deployment))) await makeNew(terminal, deployment, options);
  // The secret may have been read earlier.
  expireCredentials();
  const app = await terminal.during("Asking GitHub for the App", appOf());
  checkOwner(app, options.organization);
  terminal.note(`✓ GitHub App ${app.slug} (${app.id}) of ${app.owner?.login ?? "nobody"}`);
  await setUpHook(terminal, deployment);
  checkComplete(app);
  return app;
}

const storedSchema = z.object({ appId: z.coerce.string().regex(/^\d+$/), privateKey: z.string().min(1) });

/** Whether somebody has put an App into the secret. */
async function isStored(deployment: Deployment): Promise<boolean> {
  const text = await readSecret(deployment, "GitHubAppSecretArn");
  return storedSchema.safeParse(jsonOf(text)).success;
}

async function takeOver(
  deployment: Deployment,
  { appId, privateKey }: AppCredentials,
  organization: string | undefined,
): Promise<void> {
  checkOwner(await appOf({ appId, privateKey }), organization);
  await writeSecret(deployment, "GitHubAppSecretArn", JSON.stringify({ appId, privateKey }));
}

async function makeNew(terminal: Terminal, deployment: Deployment, options: AppOptions): Promise<void> {
  const { name, organization, pages } = options;
  const webhookUrl = deployment.outputs.WebhookUrl ?? "";
  await options.agree(
    `This creates the GitHub App "${name}" at ${pages}, owned by ${organization ?? "the account that is signed in in your browser"}, with the webhook ${webhookUrl}. Its key and its webhook secret go into Secrets Manager.`,
  );
  await makeApp(terminal, { ...options, webhookUrl }, (made) => keep(deployment, made, pages));
}

/** Stores the values that GitHub shows only once. */
async function keep(deployment: Deployment, app: NewApp, pages: string): Promise<void> {
  const { appId, privateKey, slug, webhookSecret } = app;
  try {
    await writeSecret(deployment, "GitHubAppSecretArn", JSON.stringify({ appId, privateKey }));
    if (webhookSecret) await writeSecret(deployment, "WebhookSecretArn", webhookSecret);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : "no answer";
    throw new CommandError(
      "failed",
      `The App ${slug} exists, but its key could not be stored (${reason}). Generate a new private key on its page (${pages}, Developer settings, GitHub Apps), fix this, and run setup --app-id ${appId} --key-file <file>.`,
    );
  }
}

/** GitHub's data about the App of a key; by default, of the stored one. */
async function appOf(key?: AppCredentials): Promise<RegisteredApp> {
  const app = await findApp(key).catch((error: unknown) => {
    if (isRefusal(error, 401)) return undefined;
    throw error;
  });
  if (app) return app;
  throw new CommandError(
    "failed",
    `GitHub doesn't accept the key of the App${key ? ` ${key.appId}` : " in the secret GitHubAppSecretArn"}: the App is deleted, the key is revoked, or they don't belong together. Run setup --app-id <id> --key-file <file> with an existing App, or put {} into the secret GitHubAppSecretArn to create a new one.`,
  );
}

function checkOwner({ slug, owner }: RegisteredApp, organization: string | undefined): void {
  const login = owner?.login ?? "nobody";
  if (!organization || organization.toLowerCase() === login.toLowerCase()) return;
  throw new CommandError(
    "failed",
    `The App ${slug} belongs to ${login}, not to ${organization}. Leave out --org to continue with it; to create a new one, put {} into the secret GitHubAppSecretArn.`,
  );
}

/** Makes GitHub send its webhooks here, as JSON, signed with the relay's secret. */
async function setUpHook(terminal: Terminal, deployment: Deployment): Promise<void> {
  const url = deployment.outputs.WebhookUrl ?? "";
  const hook = await terminal.during("Asking GitHub for the webhook", readHook());
  const isRight = hook.url === url && hook.content_type === "json" && hook.insecure_ssl === "0";
  if (!isRight) await alignHook(deployment);
  terminal.note(`✓ Webhook ${url}, as JSON`);
}

/** Sets the App's webhook to the relay's address and secret. */
export async function alignHook(deployment: Deployment): Promise<void> {
  const secret = await readSecret(deployment, "WebhookSecretArn");
  await writeHook({ url: deployment.outputs.WebhookUrl ?? "", insecure_ssl: "0", secret });
}

/** Checks that the App asks for everything that the relay needs. Only its owner can change that, on its page. */
function checkComplete(app: RegisteredApp): void {
  const missing = lackingIn(app);
  if (missing.length === 0) return;
  throw new CommandError(
    "failed",
    `The App lacks ${missing.join(", ")}. Add them at ${permissionsPage(app)}, accept them for each installation, and run setup again.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
