import appJwt from "universal-github-app-jwt";
import * as z from "zod/mini";
import { RefusedRequestError, TransientError, UnexpectedAnswerError } from "../model/errors.js";
import { gitHubEnvironment } from "../runtime/environment.js";
import { patientFetch } from "../runtime/patient-fetch.js";
import { appCredentials, expireCredentials } from "./credentials.js";

/**
 * What GitHub tells the App as itself, not as one of its installations. Without Octokit: the ingress needs nothing else
 * of GitHub, and each of its cold starts would load it.
 */

const timeoutMs = 15_000;
const fetchPatiently = patientFetch("GitHub", timeoutMs);
const { GITHUB_API_URL: api } = gitHubEnvironment();

/** What a JWT's times may be wrong by: GitHub takes no older ones, and the library leaves 30 seconds. */
const leewayMs = 10_000;

const appSchema = z.object({ slug: z.optional(z.string()), owner: z.nullish(z.object({ id: z.int() })) });
const installedSchema = z.object({ account: z.nullish(z.object({ id: z.int() })) });

/** What GitHub says of the App itself: its name in URLs, and the id of the account that owns it. */
export async function findApp(): Promise<{ slug?: string | undefined; ownerId?: number | undefined }> {
  const app = await get("/app", appSchema);
  return { slug: app?.slug, ownerId: app?.owner?.id };
}

/** The id of the account that has a login and that the App is installed on, a user's or an organization's. */
export async function findInstalledAccount(login: string): Promise<number | undefined> {
  // In spite of its path, this one takes organizations too.
  return (await get(`/users/${encodeURIComponent(login)}/installation`, installedSchema))?.account?.id;
}

/** `undefined` for a 404. Errors have the names that the state machines match. */
async function get<Schema extends z.core.$ZodType>(
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const response = await ask(path);
  const { status } = response;
  if (status === 404) return undefined;
  const request = `GET ${path}`;
  if (status >= 500) throw new TransientError(`GitHub answered ${status} to ${request}. It is retried.`);
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    if (status === 401) expireCredentials();
    const { data } = z.safeParse(z.object({ message: z.string() }), body);
    throw new RefusedRequestError("GitHub", status, request, (data?.message ?? "").slice(0, 500));
  }
  const parsed = z.safeParse(schema, body);
  if (parsed.success) return parsed.data;
  throw new UnexpectedAnswerError(`GitHub's answer to ${request} is not what its API describes.`);
}

/** If the two clocks differ, GitHub refuses the JWT: it is asked once more, with a JWT by its own clock. */
async function ask(path: string): Promise<Response> {
  const first = await askAt(path, Date.now());
  const theirs = Date.parse(first.headers.get("date") ?? "");
  if (first.status !== 401 || !(Math.abs(theirs - Date.now()) > leewayMs)) return first;
  await first.body?.cancel();
  return askAt(path, theirs);
}

async function askAt(path: string, timeMs: number): Promise<Response> {
  const { appId: id, privateKey } = await appCredentials();
  const { token } = await appJwt({ id, privateKey, now: Math.floor(timeMs / 1000) });
  return fetchPatiently(`${api}${path}`, {
    headers: {
      accept: "application/vnd.github+json",
      authorization: `bearer ${token}`,
      "user-agent": "coder-task-relay",
    },
  });
}
