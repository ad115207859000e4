import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** The outcome of a delivery. */
export type Outcome =
  | { kind: "accepted"; execution: string }
  | { kind: "duplicate"; execution: string }
  | { kind: "skipped"; reason: string }
  | { kind: "ping" }
  /** The request is wrong. */
  | { kind: "rejected"; status: 400 | 401 | 415; error: string; faults?: readonly string[] }
  /** The relay, or a service that it needs, can't take the delivery at the moment. */
  | { kind: "failed"; error: string };

/** The answer to GitHub, which shows it to the App's owner in its list of deliveries. */
export function answerTo(outcome: Outcome): APIGatewayProxyStructuredResultV2 {
  switch (outcome.kind) {
    case "accepted":
      return json(202, { execution: outcome.execution });
    case "duplicate":
      return json(200, { duplicate: outcome.execution });
    case "skipped":
      return json(200, { skipped: outcome.reason });
    case "ping":
      return json(200, { pong: true });
    case "rejected":
      return json(outcome.status, { error: outcome.error, faults: outcome.faults });
    case "failed":
      return json(503, { error: `${outcome.error} Redeliver later.` });
  }
}

export function json(statusCode: number, body: Record<string, unknown>): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
