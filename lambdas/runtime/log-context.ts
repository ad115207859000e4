import { AsyncLocalStorage } from "node:async_hooks";

/** The fields of every log line of an invocation: ids and names only. */
type LogContext = Record<string, string | number | undefined>;

/** Several invocations can share a process. */
const contexts = new AsyncLocalStorage<LogContext>();

/** The used part of Lambda's context. */
interface InvocationContext {
  functionName: string;
  awsRequestId: string;
}

/**
 * A Lambda's handler whose log lines say which invocation they are of, and whom it serves, as far as its input says so:
 * the execution, the delivery, the repository, the issue. The bundler wraps every handler (`infra/bundling/bundle.ts`).
 */
export function withLogContext<Input, Context extends InvocationContext, Output>(
  handler: (input: Input, context?: Context) => Promise<Output>,
): (input: Input, context?: Context) => Promise<Output> {
  return (input, context) => {
    const lambda = { function_name: context?.functionName, function_request_id: context?.awsRequestId };
    return contexts.run({ ...lambda, ...contextOf(input) }, () => handler(input, context));
  };
}

/** Adds what the input says to the lines from here on: for the ingress, whose own input is an HTTP request. */
export function addToLogContext(input: unknown): void {
  const context = contexts.getStore();
  if (context) Object.assign(context, contextOf(input));
}

export function logContext(): LogContext {
  return contexts.getStore() ?? {};
}

/** The inputs of the flows' Lambdas have these in common; whatever is missing, or of another type, is left out. */
function contextOf(input: unknown): LogContext {
  const event = field(input, "event");
  const key = field(input, "key") ?? field(input, "drain") ?? field(input, "follow");
  const [owner, name] = ["owner", "name"].map((part) => text(field(field(event, "repository"), part)));
  const subject = field(event, "issue") ?? field(event, "subject") ?? field(event, "pull");
  const work = text(field(key, "work"));
  return {
    // Of an ARN, the name.
    execution: text(field(input, "execution"))?.replace(/^.*:/, ""),
    delivery: text(field(event, "delivery")),
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
