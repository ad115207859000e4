import { createHash } from "node:crypto";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { repoConfigSchema } from "../config/json-schema.js";

export const schemaPath = "/schema.json";

/** Serves the JSON Schema of the config file, for GET and HEAD. Its `$id` is the URL of the request. */
export function serveSchema(request: APIGatewayProxyEventV2): APIGatewayProxyStructuredResultV2 {
  const { domainName, http } = request.requestContext;
  const scheme = request.headers["x-forwarded-proto"] === "http" ? "http" : "https";
  const body = JSON.stringify(repoConfigSchema(`${scheme}://${domainName}${schemaPath}`), null, 2);
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  const headers = {
    "cache-control": "public, max-age=3600",
    etag,
    // For editors that run in a browser.
    "access-control-allow-origin": "*",
  };
  if (isKnown(etag, request.headers["if-none-match"])) return { statusCode: 304, headers };
  const whole = { statusCode: 200, headers: { ...headers, "content-type": "application/schema+json" } };
  return http.method === "HEAD" ? whole : { ...whole, body };
}

/** Compares weakly: https://www.rfc-editor.org/rfc/rfc9110#name-if-none-match */
function isKnown(etag: string, ifNoneMatch = ""): boolean {
  const known = ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return known.includes(etag) || known.includes("*");
}
