import type { Attempt, Deliveries } from "../github/deliveries.js";
import { isRefusal } from "../model/errors.js";
import { isHandledAction, isHandledEvent } from "../model/handled-events.js";
import { hasTimeFor } from "../runtime/budget.js";
import { log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import type { LostDeliveries, Reading } from "./lost-deliveries.js";

/**
 * GitHub keeps deliveries for three days. An Enterprise Server keeps them for seven, but we leave the older ones alone.
 */
const keptMs = 3 * 24 * 3600_000;

/** Attempts can appear in the list minutes late. */
const overlapMs = 15 * 60_000;

/** The time reserved for everything else that a run does, in milliseconds. */
const restMs = 120_000;

/**
 * Reads the new entries of GitHub's list and stores the deliveries that were lost. The position is saved last, so an
 * interrupted run is repeated. Returns whether the receiver accepted the newest attempt; true if nothing was sent lately.
 */
export async function readDeliveryList(deliveries: Deliveries, store: LostDeliveries): Promise<boolean> {
  const earliest = Date.now() - keptMs;
  const { newestAt = earliest, unread, probe } = (await store.reading()) ?? {};
  const found = new Attempts();
  const until = Math.max(newestAt - overlapMs, earliest);
  const left = await walk(deliveries, { until }, found);
  // The part that an earlier run has left is older than the new part. If the new part isn't finished, continuing to the
  // old end covers both.
  const rest = left ?? (unread && (await walkOn(deliveries, unread, found)));

  // A failed probe is not a lost delivery.
  if (probe) found.failed.delete(probe.guid);
  await keepLost(found, store);
  const oldEnd = Math.max(unread?.until ?? until, earliest);
  await store.saveReading({
    newestAt: Math.max(newestAt, found.newest?.at ?? 0),
    unread: rest === undefined ? undefined : { cursor: rest, until: oldEnd },
    probe: found.skipped ?? probe ?? found.newestAccepted,
  });
  return found.newest === undefined || found.newest.outcome === "accepted";
}

/** Walks back from a cursor, or from the newest attempt, to a time. If it has to stop early, returns the cursor. */
async function walk(
  deliveries: Deliveries,
  from: { cursor?: string; until: number },
  found: Attempts,
): Promise<string | undefined> {
  let { cursor } = from;
  for (;;) {
    const { attempts, next } = await deliveries.page(cursor);
    for (const attempt of attempts) if (attempt.at >= from.until) found.add(attempt);
    const isOver = (attempts.at(-1)?.at ?? 0) < from.until;
    if (isOver || next === undefined) return undefined;
    if (!hasTimeFor(restMs) || deliveries.isLimited) return next;
    cursor = next;
  }
}

/** Continues where an earlier run had to stop, or from the newest attempt if GitHub no longer knows that cursor. */
async function walkOn(
  deliveries: Deliveries,
  from: { cursor: string; until: number },
  found: Attempts,
): Promise<string | undefined> {
  try {
    return await walk(deliveries, from, found);
  } catch (error) {
    if (!isRefusal(error, 400, 422)) throw error;
    return walk(deliveries, { until: from.until }, found);
  }
}

/** The attempts of a walk, from the newest to the oldest. */
class Attempts {
  newest: Attempt | undefined;
  /** The newest one that the ingress skips. */
  skipped: Reading["probe"];
  /** The GUIDs with an accepted attempt, newest first, and the id of that attempt. */
  readonly accepted = new Map<string, string>();
  /** For each other GUID, the time of its oldest attempt, and otherwise its newest attempt. */
  readonly failed = new Map<string, Attempt>();

  add(attempt: Attempt): void {
    const { guid, id, outcome } = attempt;
    this.newest ??= attempt;
    if (!isTaken(attempt)) this.skipped ??= { id, guid };
    else if (outcome === "accepted") this.accepted.set(guid, id);
    else this.failed.set(guid, { ...attempt, id: this.failed.get(guid)?.id ?? id });
  }

  get newestAccepted(): Reading["probe"] {
    for (const [guid, id] of this.accepted) return { id, guid };
    return undefined;
  }

  get lost(): Attempt[] {
    return [...this.failed.values()].filter(({ guid }) => !this.accepted.has(guid));
  }
}

/** Whether the ingress handles such a delivery, as far as the list shows. */
function isTaken({ event, action, isInstallations }: Attempt): boolean {
  return isInstallations && isHandledEvent(event) && isHandledAction(event, action);
}

async function keepLost(found: Attempts, store: LostDeliveries): Promise<void> {
  const kept = await store.list();
  const isKept = new Set(kept.map(({ guid }) => guid));
  const accepted = kept.filter(({ guid }) => found.accepted.has(guid));
  for (const { guid } of accepted) await store.remove(guid);
  if (accepted.length > 0) measure("Redeliveries", accepted.length);
  const lost = found.lost.filter(({ guid }) => !isKept.has(guid));
  for (const attempt of lost) await store.add(attempt);
  if (lost.length === 0) return;
  measure("LostDeliveries", lost.length);
  log.warn("Deliveries were lost", { count: lost.length });
}
