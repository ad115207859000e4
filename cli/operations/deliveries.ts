import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { askAsApp } from "../../lambdas/github/app-request.js";
import { type Attempt, Deliveries } from "../../lambdas/github/deliveries.js";
import { isHandledEvent } from "../../lambdas/model/handled-events.js";
import { CommandError } from "../frame/exit.js";

/** The result of resending a delivery. */
export interface Replay {
  delivery: string;
  event: string;
  outcome: Attempt["outcome"];
  /** The HTTP status of the relay's answer; 0 if there was none. */
  code: number;
  /** The relay's answer: `{"execution"}`, `{"duplicate"}`, `{"skipped"}` (docs/architecture.md). */
  answer: unknown;
}

/**
 * The pause before the first check for the new attempt. Each further pause is twice as long. GitHub gives the relay ten
 * seconds.
 */
const firstPauseMs = 100;
const patienceMs = 30_000;

const answerSchema = z.object({ response: z.object({ payload: z.string().nullish() }) });

/**
 * Has GitHub resend a delivery, and waits for the result.
 *
 * @throws {CommandError} if GitHub doesn't know the delivery, or the new attempt doesn't appear in its list in time.
 */
export async function replay(guid: string): Promise<Replay> {
  const isWhole = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(guid);
  const attempt = isWhole ? await findAttempt((each) => each.guid === guid.toLowerCase()) : undefined;
  if (attempt) return sendAgain(attempt);
  const why = isWhole
    ? "It keeps deliveries for three days, an Enterprise Server for seven."
    : "Expected a whole GUID like 0b1f5c1e-8a11-11ee-8d5a-3b1d4f6c2a90.";
  throw new CommandError("notFound", `GitHub has no delivery ${guid}. ${why}`);
}

/**
 * Has GitHub resend a delivery without effect, if there is one: a delivery that the relay skips or has already accepted.
 * Its answer shows whether signed deliveries arrive.
 */
export async function probe(): Promise<Replay | undefined> {
  const attempt =
    (await findAttempt(({ event }) => !isHandledEvent(event))) ??
    (await findAttempt(({ outcome }) => outcome === "accepted"));
  return attempt && sendAgain(attempt);
}

/** The newest attempt to deliver a ping; `undefined` if GitHub no longer has one. */
export function findPing(): Promise<Attempt | undefined> {
  return findAttempt(({ event }) => event === "ping");
}

/** The newest attempts of the App's deliveries, at most a hundred. */
export async function recentAttempts(): Promise<Attempt[]> {
  return (await new Deliveries().page()).attempts;
}

/** The newest matching attempt since `since` (milliseconds since the epoch). */
async function findAttempt(fits: (attempt: Attempt) => boolean, since = 0): Promise<Attempt | undefined> {
  const deliveries = new Deliveries();
  let cursor: string | undefined;
  do {
    const { attempts, next } = await deliveries.page(cursor);
    const found = attempts.find(fits);
    if (found || deliveries.isLimited || (attempts.at(-1)?.at ?? 0) < since) return found;
    cursor = next;
  } while (cursor !== undefined);
  return undefined;
}

/**
 * Has GitHub resend the delivery of an attempt, and waits for the result.
 *
 * @throws {CommandError} if GitHub no longer has it, or the new attempt doesn't appear in its list in time.
 */
export async function sendAgain({ id, guid, event }: Attempt): Promise<Replay> {
  const since = await new Deliveries().redeliver(id);
  if (since === undefined) throw new CommandError("notFound", `GitHub no longer has the delivery ${guid}.`);
  // Ids increase, so a new attempt has a higher one.
  for (let pauseMs = firstPauseMs; pauseMs < patienceMs; pauseMs *= 2) {
    await sleep(pauseMs);
    const found = await findAttempt((each) => each.guid === guid && BigInt(each.id) > BigInt(id), since);
    if (!found) continue;
    const { outcome, code } = found;
    return { delivery: guid, event, outcome, code, answer: await answerTo(found) };
  }
  throw new CommandError(
    "failed",
    `GitHub was asked to send ${guid} again, but lists no new attempt. See its status page (https://www.githubstatus.com), and try again.`,
  );
}

async function answerTo({ id }: Attempt): Promise<unknown> {
  const response = await askAsApp({ method: "GET", path: `/app/hook/deliveries/${id}` });
  const payload = answerSchema.safeParse(await response?.json()).data?.response.payload;
  try {
    return JSON.parse(payload ?? "null");
  } catch {
    // The page is not from the relay.
    return null;
  }
}
