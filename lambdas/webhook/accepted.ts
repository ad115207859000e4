import { continueLogContext, type LogContext, logContext } from "../runtime/log-context.js";
import type { Outcome } from "./answer.js";

/** How many deliveries a container remembers: half a megabyte. */
const remembered = 1000;

/** What a container knows of a delivery whose flows exist. */
interface Accepted {
  execution: string;
  /** Of the invocation that learned it. */
  context: LogContext;
}

/** The oldest first. */
const known = new Map<string, Accepted>();

/**
 * The answer to a delivery that this container has accepted or found to be accepted before. Its identity is its event, its
 * GUID and its signature, which stands for its payload.
 */
export function duplicateOf(identity: string): Outcome | undefined {
  const accepted = known.get(identity);
  if (!accepted) return undefined;
  continueLogContext(accepted.context);
  return { kind: "duplicate", execution: accepted.execution };
}

/** Remembers a delivery if its flows exist. All of them do: the one that is named is started last. */
export function rememberAccepted(identity: string, outcome: Outcome): void {
  if (outcome.kind !== "accepted" && outcome.kind !== "duplicate") return;
  known.set(identity, { execution: outcome.execution, context: logContext() });
  if (known.size <= remembered) return;
  const [oldest = ""] = known.keys();
  known.delete(oldest);
}
