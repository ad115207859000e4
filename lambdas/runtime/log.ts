import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import { logContext } from "./log-context.js";

// Powertools' development mode indents its JSON: that is what LOG_FORMAT=pretty is for. It writes no metrics.
if (process.env.LOG_FORMAT === "pretty") process.env.POWERTOOLS_DEV = "true";

/** Powertools' own context is one for the process; this one is of the invocation that writes the line. */
class InvocationFormatter extends LogFormatter {
  formatAttributes(line: UnformattedAttributes, attributes: LogAttributes): LogItem {
    const { logLevel: level, message, timestamp, serviceName: service, xRayTraceId } = line;
    const standard = { level, message, timestamp: this.formatTimestamp(timestamp), service };
    // Not one literal with three spreads: that takes several times as long.
    return new LogItem({
      attributes: Object.assign(standard, { xray_trace_id: xRayTraceId }, logContext(), attributes),
    });
  }
}

/**
 * The log of a Lambda, one JSON object a line. Only ids, names and outcomes go in: never headers,
 * signatures, tokens or bodies.
 */
export const log = new Logger({
  serviceName: "coder-task-relay",
  logFormatter: new InvocationFormatter(),
});

/** The name under which the log mentions an error whose message may contain anything. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
