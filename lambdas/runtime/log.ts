import { Logger } from "@aws-lambda-powertools/logger";

// Powertools' development mode indents its JSON: that is what LOG_FORMAT=pretty is for.
if (process.env.LOG_FORMAT === "pretty") process.env.POWERTOOLS_DEV = "true";

/**
 * The log of a Lambda, one JSON object a line. Only ids, names and outcomes go in: never headers,
 * signatures, tokens or bodies.
 */
export const log = new Logger({ serviceName: "coder-task-relay" });

/** What an error may be called in the log if its message may hold anything. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
