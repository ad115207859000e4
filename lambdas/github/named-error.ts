import { RequestError } from "@octokit/request-error";
import { NotInstalledError, RateLimitedError, RefusedRequestError, TransientError } from "../model/errors.js";
import { isTokenRequest } from "./installation-tokens.js";

/** Octokit's errors under the names that the state machines match. `baseUrl` is the API's address. */
export function namedError(error: unknown, method: string, baseUrl: string): Error {
  if (!(error instanceof Error)) return new TransientError(`GitHub did not answer a ${method}.`);
  // Octokit wraps errors that `fetch` throws. The error of an inner request, such as one for a token, already has its
  // name.
  const cause = error.cause;
  if (cause instanceof TransientError || cause instanceof RateLimitedError) return cause;
  if (!(error instanceof RequestError)) return error;
  const { status } = error;
  const path = error.request.url.replace(baseUrl, "").replace(/\?.*/, "");
  const request = `${error.request.method} ${path}`;
  if (status >= 500) return new TransientError(`GitHub answered ${status} to ${request}. It is retried.`);
  // Every request needs a token first, so it is the installation that is missing, not the requested resource.
  if (isTokenRequest(error) && status !== 401) {
    return new NotInstalledError(
      `GitHub answered ${status} to ${request}: the App is not installed there, or is suspended. Install it on the repository again (docs/github-app-setup.md), then redrive this run.`,
    );
  }
  return new RefusedRequestError("GitHub", status, request, error.message.slice(0, 500));
}
