import { AsyncLocalStorage } from "node:async_hooks";
import { traceOf } from "../model/traceparent.js";

/** The fields of every log line of an invocation: ids and names only. */
export type LogContext = Record<string, string | number | undefined>;

/** Several invocations can share a process. */
const contexts = new AsyncLocalStorage<LogContext>();

/** The part of Lambda's context that is used here. */
interface InvocationContext {
  awsRequestId: string;
}

/**
 * Adds context to a handler's log lines: the action and the invocation, and whatever the input contains of the execution,
 * the delivery and its trace, the repository and the issue. The bundler wraps every handler (`infra/bundling/bundle.ts`).
 */
export function withLogContext<Input, Context extends InvocationContext, Output>(
  action: string,
  handler: (input: Input, context?: Context) => Promise<Output>,
): (input: Input, context?: Context) => Promise<Output> {
  return (input, context) => {
    const invocation = { action, function_request_id: context?.awsRequestId, ...contextOf(input) };
    return contexts.run(invocation, () => handler(input, context));
  };
}

/** Adds the context in `input` to all further lines, for a Lambda whose own input is an HTTP request or a report. */
export function addToLogContext(input: unknown): void {
  add(contextOf(input));
}

/** Adds the deliveries that a message consists of, each with its trace, because a drain's own input names none. */
export function addDeliveriesToLogContext(deliveries: readonly string[]): void {
  const all = [...new Set(deliveries)];
  add({ delivery: all.join(" "), trace_id: all.flatMap((one) => traceOf(one) ?? []).join(" ") || undefined });
}

/** Adds the context of an earlier invocation of this Lambda. */
export function continueLogContext(earlier: LogContext): void {
  add({ ...earlier, function_request_id: undefined });
}

function add(more: LogContext): void {
  const context = logContext();
  for (const [name, value] of Object.entries(more)) {
    if (value !== undefined) context[name] = value;
  }
}

export function logContext(): LogContext {
  return contexts.getStore() ?? {};
}

/**
 * The fields that the inputs of the flows' Lambdas have in common. Missing fields, and those of another type, are left
 * out.
 */
function contextOf(input: unknown): LogContext {
  const part = (name: string) => field(input, name) ?? field(field(input, "state"), name);
  const event = part("event");
  const key = part("key") ?? part("drain") ?? part("follow");
  const [owner, name] = ["owner", "name"].map((key) => text(field(field(event, "repository"), key)));
  const subject = field(event, "issue") ?? field(event, "subject") ?? field(event, "pull");
  const work = text(field(key, "work"));
  return {
    // The name at the end of an ARN.
    execution: text(field(input, "execution"))?.replace(/^.*:/, ""),
    delivery: text(field(event, "delivery")),
    // The trace id in a `traceparent`.
    trace_id: text(field(event, "traceparent"))?.split("-")[1],
    repository: owner && name ? `${owner}/${name}` : undefined,
    repositoryId: number(field(field(event, "repository"), "id")) ?? number(field(key, "repositoryId")),
    issue: number(field(subject, "number")) ?? (work && /^\d+$/.test(work) ? Number(work) : undefined),
    work,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
