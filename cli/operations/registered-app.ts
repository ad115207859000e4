import { z } from "zod";
import { appPermissions } from "../../infra/definition/github-app.js";
import { askAsApp } from "../../lambdas/github/app-request.js";
import type { AppCredentials } from "../../lambdas/github/credentials.js";
import { UnexpectedAnswerError } from "../../lambdas/model/errors.js";
import { subscribedEvents } from "../../lambdas/model/handled-events.js";
import { gitHubPages } from "../../lambdas/runtime/environment.js";

const perPage = 100;

/** A user or an organization; an enterprise has a slug instead of a login. */
const accountSchema = z
  .object({
    id: z.int(),
    login: z.string().optional(),
    slug: z.string().optional(),
    type: z.string().optional(),
  })
  .transform(({ id, login, slug, type }) => ({
    id,
    login: login ?? slug ?? `account ${id}`,
    type: login === undefined ? "Enterprise" : type,
  }));
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

/** The permissions and events that an App asks for, or that an account has granted it, with the page to change them. */
export type Grant = z.output<typeof grantSchema>;
export type RegisteredApp = z.output<typeof appSchema>;
export type Installation = z.output<typeof installationSchema>;

/**
 * GitHub's data about the App itself; `undefined` if there is no such App.
 *
 * @param key of an App other than the one in the secret.
 */
export async function findApp(key?: AppCredentials): Promise<RegisteredApp | undefined> {
  const response = await askAsApp({ method: "GET", path: "/app" }, key);
  return response && parse(appSchema, "/app", await response.json());
}

/** All installations of the App, including suspended ones, except those on enterprises, which have no repositories. */
export async function allInstallations(): Promise<Installation[]> {
  const all = await list("/app/installations", installationSchema);
  return all.filter(({ account }) => account?.type !== "Enterprise");
}

/** Whether the relay serves the account of an installation, according to `ALLOWED_ACCOUNTS` or else the App's owner. */
export async function isServedInstallation({ account }: Installation): Promise<boolean> {
  const { isServed } = await import("../../lambdas/accounts/served.js");
  return account !== null && account !== undefined && isServed(account);
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

/** A description of the permissions and events that the relay needs and a grant lacks. */
export function lackingIn({ permissions, events }: Grant): string[] {
  const lacking = Object.entries(appPermissions).filter(
    ([name, level]) => permissions[name] !== level && permissions[name] !== "write",
  );
  return [
    ...lacking.map(([name, level]) => `the permission ${name}: ${level}`),
    ...subscribedEvents.filter((event) => !events.includes(event)).map((event) => `the event ${event}`),
  ];
}

/** The page on which the App's owner adds permissions and events. */
export function permissionsPage({ slug, owner }: RegisteredApp): string {
  const { type, login } = owner ?? {};
  const folder = { Organization: `/organizations/${login}`, Enterprise: `/enterprises/${login}` }[type ?? ""];
  return `${gitHubPages()}${folder ?? ""}/settings/apps/${slug}/permissions`;
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
