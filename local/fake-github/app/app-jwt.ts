import { type KeyObject, verify } from "node:crypto";
import type { HttpRequest } from "../../http/http-server.js";
import { asObject } from "../rest/examples.js";
import { GitHubError, type Json } from "../rest/rest.js";

/** The values that a JWT of the App is checked against. */
export interface AppIdentity {
  publicKey: KeyObject;
  /** The App's id and its client id. */
  issuers: string[];
  /** GitHub's clock. */
  now: Date;
}

/** @throws GitHubError 401, in GitHub's words. */
export function checkJwt(request: HttpRequest, { publicKey, issuers, now: date }: AppIdentity): void {
  const jwt = /^bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const [header = "", payload = "", signature = ""] = jwt.split(".");
  const undecodable = new GitHubError(401, "A JSON web token could not be decoded");
  const claims = decoded(payload);
  if (decoded(header).alg !== "RS256") throw undecodable;
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify("RSA-SHA256", signed, publicKey, Buffer.from(signature, "base64url"))) throw undecodable;
  if (!issuers.includes(`${claims.iss}`)) throw new GitHubError(401, "Integration not found");
  const now = Math.floor(date.getTime() / 1000);
  const { iat, exp } = claims;
  if (typeof iat !== "number" || iat > now) {
    throw new GitHubError(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  if (typeof exp !== "number" || exp <= now) {
    throw new GitHubError(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + 600) {
    throw new GitHubError(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

function decoded(part: string): Json {
  try {
    return asObject(JSON.parse(Buffer.from(part, "base64url").toString("utf8")));
  } catch {
    return {};
  }
}
