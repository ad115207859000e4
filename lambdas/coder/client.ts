import * as z from "zod/mini";
import {
  isRefusal,
  NotCoderError,
  RefusedRequestError,
  TransientError,
  UnexpectedAnswerError,
} from "../model/errors.js";
import { schemaFaults } from "../model/schema-faults.js";
import { errorName } from "../runtime/log.js";
import { measure } from "../runtime/metrics.js";
import { patientFetch } from "../runtime/patient-fetch.js";

/** The default time-out of a request. */
const timeoutMs = 20_000;
const reasonLength = 500;

/**
 * All of Coder's answers have this header, including errors (codersdk.BuildVersionHeader); a proxy's own answers don't.
 */
const versionHeader = "x-coder-build-version";

/** A full queue is also a 429, but not a rate limit, and nobody knows how long it lasts (coderd/exp_chats.go). */
const queueIsFull = /^Message queue is full/;

/** The HTTP API of one Coder deployment, used with one token. */
export class CoderClient {
  constructor(
    /** The deployment's address, without a slash at its end. */
    readonly url: string,
    private readonly token: string,
    /** Called if Coder does not accept the token. */
    private readonly onUnauthorized: () => void = () => {},
  ) {}

  async get<Schema extends z.core.$ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return this.#expect(schema, `GET ${path}`, await this.request("GET", path));
  }

  async post<Schema extends z.core.$ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
    options?: { timeoutMs?: number },
  ): Promise<z.output<Schema>> {
    return this.#expect(schema, `POST ${path}`, await this.request("POST", path, body, options));
  }

  /**
   * Sends one request and returns the JSON of its answer, or `undefined` if it is empty. Throws a `RefusedRequestError`
   * on a 4xx. Throws a `TransientError` on a 5xx or a failed connection; the request may have taken effect.
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    options: { timeoutMs?: number } = {},
  ): Promise<unknown> {
    try {
      return await this.#send(method, path, body, options);
    } catch (error) {
      // A 404 only means that something is gone, which is normal.
      if (!isRefusal(error, 404)) measure("CoderErrors", 1, errorName(error));
      throw error;
    }
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    options: { timeoutMs?: number },
  ): Promise<unknown> {
    const fetch = patientFetch("Coder", options.timeoutMs ?? timeoutMs, isAnswer);
    const response = await fetch(`${this.url}${path}`, {
      method,
      // `fetch` would follow a redirect to any address with Coder's own header, which holds the token.
      redirect: "manual",
      headers: {
        "Coder-Session-Token": this.token,
        Accept: "application/json",
        ...(body !== undefined && { "Content-Type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status >= 300 && response.status < 400) throw await this.#redirected(method, path, response);
    const text = await response.text().catch(() => {
      throw new TransientError(`Coder broke off its answer to ${method} ${path}. It is retried.`);
    });
    if (response.ok) return parse(text);
    if (response.status === 404 && !response.headers.has(versionHeader) && !isCoderError(parse(text))) {
      throw new NotCoderError(
        `${this.url} answered 404 to ${method} ${withoutQuery(path)}, but not as Coder does: the header X-Coder-Build-Version and Coder's error message are missing. Something in front of Coder answered, or CODER_URL is wrong. Set CODER_URL to the address of the Coder deployment, and let its proxy forward /api/.`,
      );
    }
    throw this.#refusal(method, path, response.status, text);
  }

  /** Coder redirects requests for other addresses to its access URL; proxies and login pages redirect anywhere. */
  async #redirected(method: string, path: string, response: Response): Promise<NotCoderError> {
    await response.body?.cancel();
    const location = response.headers.get("location") ?? "";
    const to = URL.canParse(location, this.url) ? new URL(location, this.url).origin : "nowhere";
    return new NotCoderError(
      `${this.url} answered ${response.status} to ${method} ${withoutQuery(path)}, a redirect to ${to}. The Coder token is sent to CODER_URL only, so the redirect was not followed. Set CODER_URL to the address at which Coder itself answers, and keep login pages away from /api/.`,
    );
  }

  #expect<Schema extends z.core.$ZodType>(schema: Schema, request: string, body: unknown): z.output<Schema> {
    const result = z.safeParse(schema, body);
    if (result.success) return result.data;
    measure("CoderErrors", 1, "UnexpectedAnswerError");
    const faults = schemaFaults(result.error, "the answer").join("; ");
    throw new UnexpectedAnswerError(
      `Coder's answer to ${request} does not have the shape that its API promises: ${faults}. Check that CODER_URL is a Coder deployment without a login page in front of it, and its version.`,
    );
  }

  #refusal(method: string, path: string, status: number, text: string): Error {
    const request = `${method} ${withoutQuery(path)}`;
    const body = parse(text);
    const reason = messageOf(body).replaceAll(this.token, "[token]").slice(0, reasonLength);
    if (status === 401) this.onUnauthorized();
    if (status >= 500) {
      return new TransientError(`Coder answered ${status} to ${request}: ${reason}`, { status, reason });
    }
    return new RefusedRequestError("Coder", status, request, reason, kindOf(body));
  }
}

/** Whether Coder answered that it has no such path, because the server is older or newer, or the feature is off. */
export function isRouteMissing(error: unknown): boolean {
  return isRefusal(error, 404) && /^Route not found/.test(error.reason);
}

/** Coder's own messages for a 404 (coderd/httpapi); proxies use others. */
function isCoderError(body: unknown): boolean {
  return /^(Route|Resource) not found/.test(messageOf(body));
}

async function isAnswer(response: Response): Promise<boolean> {
  return queueIsFull.test(messageOf(parse(await response.text())));
}

function withoutQuery(path: string): string {
  return path.replace(/\?.*/, "");
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Some errors of the Chats API have a `kind` (coderd/exp_chats.go). */
function kindOf(body: unknown): string | undefined {
  const kind = typeof body === "object" && body !== null && "kind" in body ? body.kind : undefined;
  return typeof kind === "string" ? kind : undefined;
}

/** The `message` and `detail` of Coder's error bodies. A proxy's page is not quoted. */
function messageOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "(no JSON in the answer: is a proxy in between?)";
  const { message, detail } = body as { message?: unknown; detail?: unknown };
  return [message, detail].filter((part) => typeof part === "string" && part !== "").join(" ");
}
