import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import { GitHubError } from "./rest.js";

/** The release that the fake behaves like, if it is a GitHub Enterprise Server. */
export const enterpriseVersion = "3.19.4";

/**
 * The same request as github.com's API gets it; `undefined` if it is no request to an API. Pages and APIs have one host:
 * https://docs.github.com/en/enterprise-server@3.19/rest/using-the-rest-api/getting-started-with-the-rest-api
 * https://docs.github.com/en/enterprise-server@3.19/graphql/guides/forming-calls-with-graphql
 */
export function pathInApi(path: string): string | undefined {
  if (path === "/api/graphql") return "/graphql";
  const [, inRest] = /^\/api\/v3(\/(?!graphql$).*)$/.exec(path) ?? [];
  // The link to a job's log leads elsewhere, and works without the API.
  return inRest ?? (path.startsWith("/_logs/") ? path : undefined);
}

/** What the server answers outside its APIs to somebody who isn't signed in. */
export const signInPage: HttpReply = {
  status: 302,
  headers: { "content-type": "text/html; charset=utf-8", location: "/login" },
  body: "<html><body>You are being <a href='/login'>redirected</a>.</body></html>",
};

/** The version 2026-03-10 came with 3.21: https://docs.github.com/rest/about-the-rest-api/api-versions */
export function hasVersion(request: HttpRequest, isEnterpriseServer: boolean): boolean {
  const asked = request.headers["x-github-api-version"];
  const known = isEnterpriseServer ? ["2022-11-28"] : ["2022-11-28", "2026-03-10"];
  return asked === undefined || known.includes(`${asked}`);
}

export const unknownVersion = (): GitHubError =>
  new GitHubError(400, "The value of the X-GitHub-Api-Version header is not a supported API version.");
