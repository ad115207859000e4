import * as z from "zod/mini";
import { UnexpectedAnswerError } from "../model/errors.js";
import { askAsApp, nameOf } from "./app-request.js";

/** Information that GitHub gives the App about itself. */

const appSchema = z.object({ slug: z.optional(z.string()), owner: z.nullish(z.object({ id: z.int() })) });
const installedSchema = z.object({ account: z.nullish(z.object({ id: z.int() })) });

/** The App's name in URLs, and the id of the account that owns it. */
export async function findApp(): Promise<{ slug?: string | undefined; ownerId?: number | undefined }> {
  const app = await getAsApp("/app", appSchema);
  return { slug: app?.slug, ownerId: app?.owner?.id };
}

/** The id of the account that has a login, if the App is installed on it. It may be a user or an organization. */
export async function findInstalledAccount(login: string): Promise<number | undefined> {
  // Despite its path, this endpoint also accepts organizations.
  return (await getAsApp(`/users/${encodeURIComponent(login)}/installation`, installedSchema))?.account?.id;
}

/** GitHub's answer to the App at a path; `undefined` for a 404. */
export async function getAsApp<Schema extends z.core.$ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const request = { method: "GET", path } as const;
  const response = await askAsApp(request);
  if (!response) return undefined;
  const parsed = z.safeParse(schema, await response.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswerError(`GitHub's answer to ${nameOf(request)} is not what its API describes.`);
}
