import { z } from "zod";
import { appPermissions } from "../../infra/definition/github-app.js";
import { askAsApp } from "../../lambdas/github/app-request.js";
import type { AppCredentials } from "../../lambdas/github/credentials.js";
import { UnexpectedAnswerError } from "../../lambdas/model/errors.js";
import { subscribedEvents } from "../../lambdas/model/handled-events.js";
import { gitHubPages } from "../../lambdas/runtime/environment.js";

const perPage = 100;

const accountSchema = z.object({ login: z.string(), type: z.string().optional() });
const grantSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  html_url: z.string(),
});
const appSchema = grantSchema.extend({ id: z.int(), slug: z.string(), owner: accountSchema.nullish() });
const installationSchema = grantSchema.extend({
  id: z.int(),
  account: accountSchema.nullish(),
  suspended_at: z.string().nullish(),
});
const requestSchema = z.object({ requester: accountSchema });

/** What an App asks for, or what an account has granted it, with the page of the one or the other. */
export type Grant = z.output<typeof grantSchema>;
export type RegisteredApp = z.output<typeof appSchema>;
export type Installation = z.output<typeof installationSchema>;

/**
 * What GitHub says of the App itself; `undefined` if it has no such App.
 *
 * @param key of another App than that of the secret.
 */
export async function findApp(key?: AppCredentials): Promise<RegisteredApp | undefined> {
  const response = await askAsApp({ method: "GET", path: "/app" }, key);
  return response && parse(appSchema, "/app", await response.json());
}

/** All installations of the App, suspended ones included. */
export function allInstallations(): Promise<Installation[]> {
  return list("/app/installations", installationSchema);
}

/** The logins of people who have asked an owner to install the App. */
export async function requesters(): Promise<string[]> {
  const requests = await list("/app/installation-requests", requestSchema);
  return requests.map(({ requester }) => requester.login);
}

/** The account of an installation, for people. */
export function accountOf({ id, account }: Installation): string {
  return account?.login ?? `installation ${id}`;
}

/** The permissions and events that the relay needs and a grant lacks, in words. */
export function lackingIn({ permissions, events }: Grant): string[] {
  const lacking = Object.entries(appPermissions).filter(
    ([name, level]) => permissions[name] !== level && permissions[name] !== "write",
  );
  return [
    ...lacking.map(([name, level]) => `the permission ${name}: ${level}`),
    ...subscribedEvents.filter((event) => !events.includes(event)).map((event) => `the event ${event}`),
  ];
}

/** Where the App's owner adds permissions and events. */
export function permissionsPage({ slug, owner }: RegisteredApp): string {
  const account = owner?.type === "Organization" ? `/organizations/${owner.login}` : "";
  return `${gitHubPages()}${account}/settings/apps/${slug}/permissions`;
}

async function list<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>[]> {
  const all: z.output<Schema>[] = [];
  for (let page = 1; ; page++) {
    const response = await askAsApp({ method: "GET", path: `${path}?per_page=${perPage}&page=${page}` });
    const found = parse(z.array(schema), path, await response?.json());
    all.push(...found);
    if (found.length < perPage) return all;
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, path: string, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswerError(`GitHub's answer to GET ${path} is not what its API describes.`);
}
