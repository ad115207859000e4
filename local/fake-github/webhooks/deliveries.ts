import { createHmac, randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { sign } from "@octokit/webhooks-methods";
import type { HttpReply } from "../../http/http-server.js";
import { enterpriseVersion } from "../rest/enterprise-server.js";
import { asObject } from "../rest/examples.js";
import { GitHubError, type Json, notFound, pageSize, param, type Rest } from "../rest/rest.js";

/** One webhook. Its GUID and body are the same each time it is sent; the other fields describe the last attempt. */
export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Json;
  /** The exact text that is signed and sent. */
  readonly raw: string;
  /** Undefined before it is sent, 0 if there was no answer. */
  status: number | undefined;
  /** The receiver's answer, or the reason for getting none. */
  body: string;
  durationMs: number;
}

/** One attempt to send a delivery: an item of GitHub's own list of deliveries. */
interface Attempt {
  /** Nineteen digits, which no JavaScript number holds. */
  id: string;
  delivery: Delivery;
  at: Date;
  redelivery: boolean;
  status: number;
  body: string;
  durationMs: number;
}

/** The result of sending a webhook: the delivery and its subject. */
export type Told<Subject extends object> = Delivery & Subject;

export interface DeliveryTarget {
  url(): string;
  contentType(): "json" | "form";
  /** Empty for none; deliveries are then not signed. */
  secret(): string;
  appId(): string;
  /** GitHub gives up after 10 s. https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries */
  timeoutMs: number;
  /** The host of the GitHub Enterprise Server that sends the deliveries. */
  enterpriseHost(): string | undefined;
  /** GitHub's clock. */
  now: () => Date;
}

/** GitHub keeps deliveries for three days. */
const KEPT_MS = 3 * 24 * 3600_000;

const FIRST_ID = 3_841_651_795_600_416_768n;

const HOOK_ID = "400000001";

/** Creates, signs, sends and records webhooks. Like GitHub, it never retries a delivery on its own. */
export class Deliveries {
  /** All deliveries, the oldest first, sent or not. */
  readonly made: Delivery[] = [];
  #attempts: Attempt[] = [];
  #attemptsMade = 0n;
  /** How many items of a page the next one repeats: 0 by default. */
  pagesOverlap = 0;
  /** How many of the next attempts fail to reach the receiver. */
  unreachable = 0;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(readonly target: DeliveryTarget) {}

  make(event: string, payload: Json, guid: string = randomUUID()): Delivery {
    const action = typeof payload.action === "string" ? payload.action : null;
    const raw = JSON.stringify(payload);
    const delivery: Delivery = {
      guid,
      event,
      action,
      payload,
      raw,
      status: undefined,
      body: "",
      durationMs: 0,
    };
    this.made.push(delivery);
    return delivery;
  }

  /** Sends a delivery, for the first time or again. Never throws: `status` of the delivery shows a failure. */
  async send<D extends Delivery>(delivery: D): Promise<D> {
    if (this.target.url() === "" || this.#closing.signal.aborted) return delivery;
    await this.#tracked(this.#send(delivery));
    return delivery;
  }

  /** Sends it a moment later, after the caller has answered. */
  sendSoon(delivery: Delivery): void {
    void this.#tracked(nextTurn().then(() => this.send(delivery)));
  }

  async #tracked(sending: Promise<unknown>): Promise<void> {
    this.#underWay.add(sending);
    await sending;
    this.#underWay.delete(sending);
  }

  redeliver(guid: string): Promise<Delivery> {
    const delivery = this.made.find((made) => made.guid === guid);
    if (!delivery) throw new Error(`there is no delivery ${guid}`);
    return this.send(delivery);
  }

  /** Resolves once no delivery is in progress. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the fake GitHub was closed"));
    await this.settled();
  }

  async #send(delivery: Delivery): Promise<void> {
    const at = this.target.now();
    const startedAt = Date.now();
    const redelivery = delivery.status !== undefined;
    const timeout = AbortSignal.timeout(this.target.timeoutMs);
    const isForm = this.target.contentType() === "form";
    const sent = isForm ? `payload=${encodeURIComponent(delivery.raw)}` : delivery.raw;
    let status = 0;
    let body: string;
    try {
      if (this.unreachable > 0) {
        this.unreachable -= 1;
        throw new Error("unreachable");
      }
      const response = await fetch(this.target.url(), {
        method: "POST",
        headers: {
          ...(await this.#headers(delivery, sent)),
          "content-type": isForm ? "application/x-www-form-urlencoded" : "application/json",
        },
        body: sent,
        redirect: "manual",
        signal: AbortSignal.any([this.#closing.signal, timeout]),
      });
      body = await response.text();
      status = response.status;
    } catch (error) {
      body = timeout.aborted ? "timed out" : "failed to connect to host";
      if (error instanceof Error && !timeout.aborted) body += `: ${error.cause ?? error.message}`;
    }
    const durationMs = Date.now() - startedAt;
    Object.assign(delivery, { status, body, durationMs });
    const id = `${FIRST_ID + 7n * this.#attemptsMade++}`;
    this.#attempts.push({ id, delivery, at, redelivery, status, body, durationMs });
  }

  /** https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers */
  async #headers({ event, guid }: Delivery, sent: string): Promise<Record<string, string>> {
    const enterpriseHost = this.target.enterpriseHost();
    const secret = this.target.secret();
    return {
      accept: "*/*",
      "user-agent": "GitHub-Hookshot/0000000",
      "x-github-delivery": guid,
      "x-github-event": event,
      ...(enterpriseHost && {
        "x-github-enterprise-host": enterpriseHost,
        "x-github-enterprise-version": enterpriseVersion,
      }),
      "x-github-hook-id": HOOK_ID,
      "x-github-hook-installation-target-id": this.target.appId(),
      "x-github-hook-installation-target-type": "integration",
      ...(secret && {
        "x-hub-signature": `sha1=${createHmac("sha1", secret).update(sent).digest("hex")}`,
        "x-hub-signature-256": await sign(secret, sent),
      }),
    };
  }

  /** https://docs.github.com/rest/apps/webhooks */
  routes(rest: Rest): void {
    rest.get("/app/hook/deliveries", (request) => {
      const given = request.query.get("cursor");
      const cursor = /^v1_(\d+)$/.exec(given ?? "")?.[1];
      if (given !== null && cursor === undefined) throw new GitHubError(400, "Invalid cursor parameter.");
      const outcome = request.query.get("status");
      const left = this.#kept()
        .filter(({ id }) => cursor === undefined || BigInt(id) <= BigInt(cursor))
        .filter((attempt) => outcome === null || (outcome === "success") === isOk(attempt))
        .reverse();
      const size = pageSize(request);
      const next = left.length > size ? left[size - this.pagesOverlap] : undefined;
      const links = next ? { link: rest.link(request, { cursor: `v1_${next.id}` }, "next") } : {};
      return withBigIds({ status: 200, body: left.slice(0, size).map(attemptJson), headers: links });
    });
    rest.get("/app/hook/deliveries/:id", (request) => {
      const attempt = this.#attempt(param(request, "id"));
      const { payload } = attempt.delivery;
      const response = { headers: {}, payload: attempt.body };
      const body = { ...attemptJson(attempt), request: { headers: {}, payload }, response };
      return withBigIds({ status: 200, body });
    });
    rest.post("/app/hook/deliveries/:id/attempts", (request) => {
      const { delivery } = this.#attempt(param(request, "id"));
      if (this.target.url() === "") throw new GitHubError(422, "The App has no webhook URL");
      this.sendSoon(delivery);
      return { status: 202, body: {} };
    });
  }

  #kept(): Attempt[] {
    const earliest = this.target.now().getTime() - KEPT_MS;
    this.#attempts = this.#attempts.filter(({ at }) => at.getTime() >= earliest);
    return this.#attempts;
  }

  #attempt(id: string): Attempt {
    const found = this.#kept().find((attempt) => attempt.id === id);
    if (!found) throw notFound();
    return found;
  }
}

const isOk = ({ status }: Attempt): boolean => status >= 200 && status < 300;

/** Writes the ids as JSON numbers with all their digits. */
function withBigIds({ status, body, headers = {} }: HttpReply): HttpReply {
  const text = JSON.stringify(body).replace(/"id":"(\d{19})"/g, '"id":$1');
  return { status, body: text, headers: { "content-type": "application/json; charset=utf-8", ...headers } };
}

function attemptJson(attempt: Attempt): Json {
  const { delivery, status } = attempt;
  return {
    id: attempt.id,
    guid: delivery.guid,
    delivered_at: attempt.at.toISOString(),
    redelivery: attempt.redelivery,
    duration: attempt.durationMs / 1000,
    status: isOk(attempt) ? "OK" : status === 0 ? attempt.body : `Invalid HTTP Response: ${status}`,
    // GitHub's API description has 502 in its example of a delivery without an answer.
    status_code: status || 502,
    event: delivery.event,
    action: delivery.action,
    installation_id: asObject(delivery.payload.installation).id ?? null,
    repository_id: asObject(delivery.payload.repository).id ?? null,
    throttled_at: null,
  };
}
