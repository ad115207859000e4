import { agentAsKept, agentAsKnown } from "../accounts/agent.js";
import { ConfigurationError } from "../model/errors.js";
import type { RelayEvent } from "../model/relay-event.js";
import { traceparentOf } from "../model/traceparent.js";
import { errorName, log } from "../runtime/log.js";
import { addToLogContext } from "../runtime/log-context.js";
import type { Outcome } from "./answer.js";
import { classify } from "./classify.js";
import { startFlow } from "./flows.js";
import { isGiven, notTheAgents } from "./given-pulls.js";
import { PayloadError } from "./parse-payload.js";
import { reasonNotServed } from "./served.js";

/** A delivery with a valid signature. */
export interface Delivery {
  /** The value of `X-GitHub-Event`. */
  type: string;
  /** Its GUID. */
  delivery: string;
  /** Its parsed JSON. */
  payload: unknown;
  /** The App's id, if the delivery has it. */
  appId: number | undefined;
}

/** Classifies a delivery and, if the account is served, starts its flow. `start` can do something else with the event. */
export async function dispatch(
  { type, delivery, payload, appId }: Delivery,
  start: (event: RelayEvent) => Promise<Outcome> = startFlow,
): Promise<Outcome> {
  const traceparent = traceparentOf(delivery);
  addToLogContext({ event: { delivery, traceparent } });
  try {
    const agent = await agentAsKnown();
    const byLogin = classify(type, delivery, payload, { ...agent, appId });
    const isCertain = "skipped" in byLogin || agent.agentId !== undefined;
    // The flows ask GitHub for the agent's id. Once it is in the table, another account with the agent's login is not it.
    const classified = isCertain
      ? byLogin
      : classify(type, delivery, payload, { ...(await agentAsKept()), appId });
    if ("skipped" in classified) return { kind: "skipped", reason: classified.skipped };
    const { others = [], ifGiven } = classified;
    const event = { ...classified.event, traceparent };
    addToLogContext({ event });
    const notServed = await reasonNotServed(event);
    if (notServed !== undefined) return { kind: "skipped", reason: notServed };
    if (ifGiven && !(await isGiven(ifGiven))) return { kind: "skipped", reason: notTheAgents.skipped };
    for (const other of others) await start({ ...other, traceparent });
    return await start(event);
  } catch (error) {
    if (error instanceof PayloadError) {
      if (error.isWellFormed) return { kind: "skipped", reason: error.message };
      return { kind: "rejected", status: 400, error: error.message, faults: error.faults };
    }
    log.error("The delivery cannot be accepted", {
      error: errorName(error),
      // For operators, who must fix it. It contains no secret.
      ...(error instanceof ConfigurationError && { reason: error.message }),
    });
    return { kind: "failed", error: "The delivery cannot be accepted at the moment." };
  }
}
