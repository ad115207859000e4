import { z } from "zod";
import { askAsApp } from "../../lambdas/github/app-request.js";
import { UnexpectedAnswerError } from "../../lambdas/model/errors.js";

const perPage = 100;

const accountSchema = z.object({ login: z.string() });
const grantSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
  html_url: z.string(),
});
const appSchema = grantSchema.extend({ slug: z.string(), owner: accountSchema.nullish() });
const installationSchema = grantSchema.extend({
  id: z.number(),
  account: accountSchema.nullish(),
  suspended_at: z.string().nullish(),
});

/** What an App asks for, or what an account has granted it, with the page to change that. */
export type Grant = z.output<typeof grantSchema>;
export type Installation = z.output<typeof installationSchema>;

/** What GitHub says of the App itself; `undefined` if it has no such App. */
export async function findApp(): Promise<z.output<typeof appSchema> | undefined> {
  const response = await askAsApp({ method: "GET", path: "/app" });
  return response && parse(appSchema, "GET /app", await response.json());
}

/** All installations of the App, suspended ones included. */
export async function allInstallations(): Promise<Installation[]> {
  const all: Installation[] = [];
  for (let page = 1; ; page++) {
    const path = `/app/installations?per_page=${perPage}&page=${page}`;
    const response = await askAsApp({ method: "GET", path });
    const found = parse(z.array(installationSchema), "GET /app/installations", await response?.json());
    all.push(...found);
    if (found.length < perPage) return all;
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, request: string, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswerError(`GitHub's answer to ${request} is not what its API describes.`);
}
