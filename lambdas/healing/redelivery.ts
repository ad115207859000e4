import { withLease } from "../aws/lease.js";
import { type Attempt, Deliveries } from "../github/deliveries.js";
import { passesByItself, TaskBusyError } from "../model/errors.js";
import { hasTimeFor, sleep } from "../runtime/budget.js";
import { errorName, log } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { readDeliveryList } from "./delivery-list.js";
import { LostDeliveries, type LostDelivery } from "./lost-deliveries.js";

/** Longer than its holder may run (`infra/definition/actions.ts`). */
const leaseMs = 300_000;

const minuteMs = 60_000;

/** Minutes from each redelivery to the next. After the last redelivery and its gap, the delivery is given up. */
const gaps = [5, 15, 60, 240, 5];

/** Runs do not start exactly at the same second of a minute. */
const toleranceMs = minuteMs;

/**
 * Pauses in milliseconds before each check for a redelivery's outcome. GitHub gives the receiver ten seconds. The first
 * pause also ensures the second between two changes that GitHub asks for.
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#pause-between-mutative-requests
 */
const looksMs = [1000, 1000, 2000, 4000, 6000];

/** The time for one redelivery with all its checks and requests, in milliseconds. */
const redeliveryMs = 30_000;

/** The result of a run. */
export interface RedeliveryRun {
  /**
   * `done`: nothing else is due. `unfinished`: the next run continues. `waiting`: the receiver does not accept
   * deliveries. `busy`: another run is in progress.
   */
  outcome: "done" | "unfinished" | "waiting" | "busy";
  redelivered: number;
  givenUp: number;
}

interface Run extends RedeliveryRun {
  deliveries: Deliveries;
  store: LostDeliveries;
  looks: readonly number[];
}

/**
 * Redelivers the deliveries that the receiver did not accept: one at a time, oldest first, at most five times each. While
 * the receiver is down, a run sends only one probe. If GitHub or AWS fails temporarily, the next run tries again.
 */
export async function redeliverLost({ looks = looksMs } = {}): Promise<RedeliveryRun> {
  const store = new LostDeliveries();
  const run: Run = {
    outcome: "done",
    redelivered: 0,
    givenUp: 0,
    deliveries: new Deliveries(),
    store,
    looks,
  };
  try {
    const lease = { key: store.leaseKey, ms: leaseMs, of: "the lost deliveries" };
    run.outcome = await withLease(lease, () => heal(run));
  } catch (error) {
    if (!(error instanceof TaskBusyError) && !passesByItself(error)) throw error;
    log.warn("The next run continues with the lost deliveries", { error: errorName(error) });
    run.outcome = error instanceof TaskBusyError ? "busy" : "unfinished";
  }
  const { outcome, redelivered, givenUp } = run;
  return { outcome, redelivered, givenUp };
}

async function heal(run: Run): Promise<RedeliveryRun["outcome"]> {
  const isReceiving = await readDeliveryList(run.deliveries, run.store);
  const now = Date.now();
  const kept = await run.store.list();
  const due = kept.filter(({ dueAt, isGivenUp }) => !isGivenUp && dueAt <= now + toleranceMs);
  if (due.length === 0) return "done";
  if (!isReceiving && !(await acceptsProbe(run))) return "waiting";
  for (const delivery of due) {
    if (!hasTimeFor(redeliveryMs) || run.deliveries.isLimited) return "unfinished";
    if (delivery.attempts >= gaps.length) await giveUp(run, delivery);
    // Either the receiver is down again, or it can't handle this delivery. The next run's probe shows which.
    else if ((await redeliverOne(run, delivery)) === "failed") return "waiting";
  }
  return "done";
}

/**
 * Whether the receiver accepts a probe: a delivery without effect, which doesn't use up an attempt of a lost one. If none
 * is known, the first lost delivery serves as the probe.
 */
async function acceptsProbe(run: Run): Promise<boolean> {
  const probe = (await run.store.reading())?.probe;
  const outcome = probe && (await send(run, probe));
  return outcome === undefined || outcome === "gone" || outcome === "accepted";
}

type Outcome = Attempt["outcome"] | "gone" | "unknown";

async function redeliverOne(run: Run, delivery: LostDelivery): Promise<Outcome> {
  const { guid } = delivery;
  const attempts = delivery.attempts + 1;
  // Count first. If the run is interrupted, the delivery is sent once too little rather than once too often.
  const gapMs = (gaps[attempts - 1] ?? 0) * minuteMs;
  await run.store.change(guid, { attempts, dueAt: Date.now() + gapMs });
  const outcome = await send(run, delivery);
  log.info("Redelivered", { ...nameOf(delivery), attempts, outcome });
  if (outcome === "accepted") {
    await run.store.remove(guid);
    run.redelivered += 1;
    measure("Redeliveries", 1);
  }
  if (outcome === "gone") await giveUp(run, delivery);
  return outcome;
}

async function giveUp(run: Run, delivery: LostDelivery): Promise<void> {
  await run.store.giveUp(delivery.guid);
  run.givenUp += 1;
  measure("DeliveriesGivenUp", 1);
  log.error("A lost delivery is given up", nameOf(delivery));
}

/** Sends a delivery again and waits for the outcome; `unknown` if it does not appear in GitHub's list in time. */
async function send(
  { deliveries, looks }: Run,
  { id, guid }: Pick<LostDelivery, "id" | "guid">,
): Promise<Outcome> {
  const since = await deliveries.redeliver(id);
  if (since === undefined) return "gone";
  for (const pauseMs of looks) {
    await sleep(pauseMs);
    const { attempts } = await deliveries.page();
    const found = attempts.find((attempt) => attempt.guid === guid && attempt.at >= since);
    if (found) return found.outcome;
  }
  return "unknown";
}

function nameOf({ guid, event, action, repositoryId }: LostDelivery) {
  return { delivery: guid, event: action ? `${event}.${action}` : event, repositoryId };
}
