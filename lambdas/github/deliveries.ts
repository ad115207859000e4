import * as z from "zod/mini";
import { UnexpectedAnswerError } from "../model/errors.js";
import { askAsApp, nameOf } from "./app-request.js";

/** GitHub's largest page. */
const perPage = 100;

/** Requests of the App's hourly quota that are reserved for its other Lambdas. */
const reserve = 100;

/**
 * The time in GitHub's answers has whole seconds, and an attempt can begin before GitHub answers our request for it.
 */
const clockSlackMs = 5000;

/** One attempt by GitHub to send a webhook. A delivery has one or more, all with its GUID. */
export interface Attempt {
  /** Nineteen digits, more than a number can hold. */
  id: string;
  guid: string;
  /** Milliseconds since the epoch, by GitHub's clock. */
  at: number;
  /** `refused`: the receiver answered with a 4xx. `failed`: it answered with another error, or not at all. */
  outcome: "accepted" | "refused" | "failed";
  /** The HTTP status of the receiver's answer; 0 if there was none. */
  code: number;
  event: string;
  action: string;
  /** Whether it came from an installation of the App. */
  isInstallations: boolean;
  repositoryId?: number | undefined;
}

export interface AttemptPage {
  /** The newest first. */
  attempts: Attempt[];
  /** The cursor of the next page; absent if this is the last one. */
  next?: string | undefined;
}

const attemptSchema = z.object({
  id: z.string(),
  guid: z.string(),
  delivered_at: z.iso.datetime({ offset: true }),
  status: z.string(),
  status_code: z.int(),
  event: z.string(),
  action: z.nullish(z.string()),
  installation_id: z.nullish(z.int()),
  repository_id: z.nullish(z.int()),
});

/**
 * GitHub's list of the App's deliveries for all installations. GitHub keeps them for three days.
 * https://docs.github.com/rest/apps/webhooks
 */
export class Deliveries {
  #remaining = Number.POSITIVE_INFINITY;

  /** Whether the App's hourly quota is almost used up. */
  get isLimited(): boolean {
    return this.#remaining < reserve;
  }

  /** A page of the attempts; without a cursor, the newest ones. */
  async page(cursor?: string): Promise<AttemptPage> {
    const query = new URLSearchParams({ per_page: `${perPage}`, ...(cursor !== undefined && { cursor }) });
    const request = { method: "GET", path: `/app/hook/deliveries?${query}` } as const;
    const response = await this.#ask(request);
    const parsed = z.safeParse(z.array(attemptSchema), parseWithIds((await response?.text()) ?? ""));
    if (!parsed.success) {
      throw new UnexpectedAnswerError(`GitHub's answer to ${nameOf(request)} is not what its API describes.`);
    }
    return { attempts: parsed.data.map(toAttempt), next: nextCursor(response?.headers.get("link") ?? "") };
  }

  /**
   * Asks GitHub to send a delivery again, by one of its attempts. Returns a time (milliseconds since the epoch, by
   * GitHub's clock) before which the new attempt cannot have begun; `undefined` if GitHub no longer has the delivery.
   */
  async redeliver(id: string): Promise<number | undefined> {
    const response = await this.#ask({ method: "POST", path: `/app/hook/deliveries/${id}/attempts` });
    if (!response) return undefined;
    await response.body?.cancel();
    return (Date.parse(response.headers.get("date") ?? "") || Date.now()) - clockSlackMs;
  }

  async #ask(request: Parameters<typeof askAsApp>[0]): Promise<Response | undefined> {
    const response = await askAsApp(request);
    const remaining = response?.headers.get("x-ratelimit-remaining");
    if (remaining != null) this.#remaining = Number(remaining);
    return response;
  }
}

/** `JSON.parse` would round the ids. The pattern can't match inside a string, because quotes there are escaped. */
function parseWithIds(text: string): unknown {
  try {
    return JSON.parse(text.replace(/"id"\s*:\s*(\d+)/g, '"id":"$1"'));
  } catch {
    return undefined;
  }
}

function toAttempt(item: z.output<typeof attemptSchema>): Attempt {
  const { id, guid, event, status, status_code: code } = item;
  const isAccepted = status === "OK" || (code >= 200 && code < 300);
  return {
    id,
    guid,
    at: Date.parse(item.delivered_at),
    code,
    outcome: isAccepted ? "accepted" : code >= 400 && code < 500 ? "refused" : "failed",
    event,
    action: item.action ?? "",
    isInstallations: item.installation_id != null,
    repositoryId: item.repository_id ?? undefined,
  };
}

function nextCursor(link: string): string | undefined {
  const url = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  return (url !== undefined && new URL(url).searchParams.get("cursor")) || undefined;
}
