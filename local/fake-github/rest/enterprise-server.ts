import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import { GitHubError } from "./rest.js";

/** The release that the fake mimics as a GitHub Enterprise Server. */
export const enterpriseVersion = "3.19.4";

/**
 * The path as github.com's API would get it, or `undefined` if the request isn't to an API. Pages and APIs share one host:
 * https://docs.github.com/en/enterprise-server@3.19/rest/using-the-rest-api/getting-started-with-the-rest-api
 * https://docs.github.com/en/enterprise-server@3.19/graphql/guides/forming-calls-with-graphql
 */
export function pathInApi(path: string): string | undefined {
  if (path === "/api/graphql") return "/graphql";
  const [, inRest] = /^\/api\/v3(\/(?!graphql$).*)$/.exec(path) ?? [];
  // The link to a job's log leads elsewhere and isn't part of the API.
  return inRest ?? (path.startsWith("/_logs/") ? path : undefined);
}

/** The answer, outside the APIs, to somebody who isn't signed in. */
export const signInPage: HttpReply = {
  status: 302,
  headers: { "content-type": "text/html; charset=utf-8", location: "/login" },
  body: "<html><body>You are being <a href='/login'>redirected</a>.</body></html>",
};

/** Release 3.21 introduced the API version 2026-03-10: https://docs.github.com/rest/about-the-rest-api/api-versions */
export function hasVersion(request: HttpRequest, isEnterpriseServer: boolean): boolean {
  const asked = request.headers["x-github-api-version"];
  const known = isEnterpriseServer ? ["2022-11-28"] : ["2022-11-28", "2026-03-10"];
  return asked === undefined || known.includes(`${asked}`);
}

export const unknownVersion = (): GitHubError =>
  new GitHubError(400, "The value of the X-GitHub-Api-Version header is not a supported API version.");
