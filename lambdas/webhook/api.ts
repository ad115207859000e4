import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { log } from "../runtime/log.js";
import { answerTo, json, type Outcome } from "./answer.js";
import { answered } from "./answered.js";
import { receive } from "./receive.js";
import { schemaPath, serveSchema } from "./schema.js";

/** Answers a request to the HTTP API. */
export async function serve(request: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const { method, path } = request.requestContext.http;
  switch (path) {
    case "/webhooks/github":
      return method === "POST" ? answerTo(logged(await receive(request))) : notAllowed("POST");
    case "/healthz":
      return method === "GET" ? json(200, { status: "ok" }) : notAllowed("GET");
    case schemaPath:
      return method === "GET" || method === "HEAD" ? serveSchema(request) : notAllowed("GET, HEAD");
    default:
      return json(404, { error: "There is nothing here. Deliveries go to POST /webhooks/github." });
  }
}

/** Logs the outcome of a delivery, in the one line that the metric counts. */
function logged(outcome: Outcome): Outcome {
  log.info(answered, { ...outcome });
  return outcome;
}

function notAllowed(allowed: string): APIGatewayProxyStructuredResultV2 {
  const refusal = json(405, { error: `Only ${allowed} is allowed here.` });
  return { ...refusal, headers: { ...refusal.headers, allow: allowed } };
}
