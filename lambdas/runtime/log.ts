import { LogFormatter, Logger, LogItem } from "@aws-lambda-powertools/logger";
import type { LogAttributes, UnformattedAttributes } from "@aws-lambda-powertools/logger/types";
import { logContext } from "./log-context.js";

// LOG_FORMAT=pretty turns on Powertools' development mode, which indents the JSON and writes no metrics.
if (process.env.LOG_FORMAT === "pretty") process.env.POWERTOOLS_DEV = "true";

/** Powertools has one context per process; this one belongs to the invocation that writes the line. */
class InvocationFormatter extends LogFormatter {
  formatAttributes(line: UnformattedAttributes, attributes: LogAttributes): LogItem {
    const { logLevel: level, message, timestamp, serviceName: service, xRayTraceId } = line;
    const standard = { level, message, timestamp: this.formatTimestamp(timestamp), service };
    // One literal with three spreads would take several times as long.
    return new LogItem({
      attributes: Object.assign(standard, { xray_trace_id: xRayTraceId }, logContext(), attributes),
    });
  }
}

/**
 * The log of a Lambda, one JSON object per line. Log only ids, names and outcomes, never headers, signatures, tokens or
 * bodies.
 */
export const log = new Logger({
  serviceName: "coder-task-relay",
  logFormatter: new InvocationFormatter(),
});

/** The name of an error, for the log; its message may contain anything. */
export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
