import appJwt from "universal-github-app-jwt";
import * as z from "zod/mini";
import { RefusedRequestError, TransientError } from "../model/errors.js";
import { gitHubEnvironment } from "../runtime/environment.js";
import { patientFetch } from "../runtime/patient-fetch.js";
import { type AppCredentials, appCredentials, expireCredentials } from "./credentials.js";

/**
 * Requests that the App makes as itself, not as one of its installations. They don't use Octokit: the ingress needs
 * nothing else from GitHub and would have to load Octokit on each cold start.
 */

const timeoutMs = 15_000;
const fetchPatiently = patientFetch("GitHub", timeoutMs);
const { GITHUB_API_URL: api } = gitHubEnvironment();

/** How far the two clocks may differ. GitHub rejects expired JWTs, and the library leaves 30 seconds of slack. */
const leewayMs = 10_000;

export interface AppRequest {
  method: "GET" | "POST" | "PATCH";
  /** Includes the query. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
}

/**
 * GitHub's answer; `undefined` for a 404. Errors have the names that the state machines match.
 *
 * @param key of an App other than the one in the secret.
 */
export async function askAsApp(request: AppRequest, key?: AppCredentials): Promise<Response | undefined> {
  const response = await ask(request, key);
  const { status } = response;
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => undefined);
  if (status === 404) return undefined;
  const name = nameOf(request);
  if (status >= 500) throw new TransientError(`GitHub answered ${status} to ${name}. It is retried.`);
  if (status === 401) expireCredentials();
  const { data } = z.safeParse(z.object({ message: z.string() }), body);
  throw new RefusedRequestError("GitHub", status, name, (data?.message ?? "").slice(0, 500));
}

/** Method and path, without the query. */
export function nameOf({ method, path }: AppRequest): string {
  return `${method} ${path.replace(/\?.*/, "")}`;
}

/** If the two clocks differ, GitHub rejects the JWT. We then ask once more, with a JWT by GitHub's clock. */
async function ask(request: AppRequest, key: AppCredentials | undefined): Promise<Response> {
  const first = await askAt(request, key, Date.now());
  const theirs = Date.parse(first.headers.get("date") ?? "");
  if (first.status !== 401 || !(Math.abs(theirs - Date.now()) > leewayMs)) return first;
  await first.body?.cancel();
  return askAt(request, key, theirs);
}

async function askAt(
  { method, path, body }: AppRequest,
  key: AppCredentials | undefined,
  timeMs: number,
): Promise<Response> {
  const token = await jwtAt(timeMs, key ?? (await appCredentials()));
  return fetchPatiently(`${api}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `bearer ${token}`,
      "user-agent": "coder-task-relay",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/**
 * The last JWT of this container. It is valid for ten minutes, and signing one costs more than the rest of a request.
 */
let last: { credentials: AppCredentials; at: number; token: string } | undefined;
const jwtLifeMs = 5 * 60_000;

async function jwtAt(timeMs: number, credentials: AppCredentials): Promise<string> {
  const ageMs = timeMs - (last?.at ?? 0);
  if (last?.credentials === credentials && ageMs >= 0 && ageMs < jwtLifeMs) return last.token;
  const { appId: id, privateKey } = credentials;
  const { token } = await appJwt({ id, privateKey, now: Math.floor(timeMs / 1000) });
  last = { credentials, at: timeMs, token };
  return token;
}
