import { isUtf8 } from "node:buffer";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { errorName, log } from "../runtime/log.js";
import { duplicateOf, rememberAccepted } from "./accepted.js";
import type { Outcome } from "./answer.js";
import { dispatch } from "./dispatch.js";
import { isAuthentic } from "./signature.js";
import { badSignature } from "./signature-lines.js";

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Receives a delivery: verify → parse → dispatch. If this container has already accepted it, it is only verified. */
export async function receive(request: APIGatewayProxyEventV2): Promise<Outcome> {
  const { headers } = request;
  const body = bodyOf(request);
  const signature = headers["x-hub-signature-256"] ?? "";
  try {
    if (!(await isAuthentic(body, signature))) {
      return { kind: "rejected", status: 401, error: badSignature };
    }
  } catch (error) {
    log.error("The webhook secret cannot be read", { error: errorName(error) });
    return { kind: "failed", error: "The webhook secret cannot be read at the moment." };
  }

  const type = headers["x-github-event"] ?? "";
  const delivery = headers["x-github-delivery"] ?? "";
  if (type === "") return malformed("The header X-GitHub-Event is missing.");
  if (!guid.test(delivery)) return malformed("The header X-GitHub-Delivery must be a GUID.");
  if (/^application\/x-www-form-urlencoded/i.test(headers["content-type"] ?? "")) {
    const error = "Set the content type of the App's webhook to application/json.";
    return { kind: "rejected", status: 415, error };
  }
  if (typeof body !== "string") return malformed("The body is not valid UTF-8.");
  const identity = [type, delivery, signature].join(" ");
  const duplicate = duplicateOf(identity);
  if (duplicate) return duplicate;
  let payload: unknown;
  try {
    payload = JSON.parse(body);
  } catch {
    return malformed("The body is not valid JSON.");
  }
  if (type === "ping") return { kind: "ping" };
  const appId = Number(headers["x-github-hook-installation-target-id"]) || undefined;
  const outcome = await dispatch({ type, delivery, payload, appId });
  rememberAccepted(identity, outcome);
  return outcome;
}

/** The body as text, or as bytes if they are not valid UTF-8. */
function bodyOf({ body = "", isBase64Encoded }: APIGatewayProxyEventV2): string | Uint8Array {
  if (!isBase64Encoded) return body;
  const bytes = Buffer.from(body, "base64");
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

function malformed(error: string): Outcome {
  return { kind: "rejected", status: 400, error };
}
