import { continueLogContext, type LogContext, logContext } from "../runtime/log-context.js";
import type { Outcome } from "./answer.js";

/** How many deliveries a container remembers. They take half a megabyte. */
const remembered = 1000;

/** A delivery whose flows exist. */
interface Accepted {
  execution: string;
  /** The log context of the invocation that found this out. */
  context: LogContext;
}

/** By identity, oldest first. */
const known = new Map<string, Accepted>();

/**
 * The answer to a delivery that this container knows to be accepted. Its identity consists of its event, its GUID and its
 * signature, which stands for its payload.
 */
export function duplicateOf(identity: string): Outcome | undefined {
  const accepted = known.get(identity);
  if (!accepted) return undefined;
  continueLogContext(accepted.context);
  return { kind: "duplicate", execution: accepted.execution };
}

/** Remembers a delivery if its flows exist. The outcome names only the one that is started last, so all of them exist. */
export function rememberAccepted(identity: string, outcome: Outcome): void {
  if (outcome.kind !== "accepted" && outcome.kind !== "duplicate") return;
  known.set(identity, { execution: outcome.execution, context: logContext() });
  if (known.size <= remembered) return;
  const [oldest = ""] = known.keys();
  known.delete(oldest);
}
