import * as z from "zod/mini";
import {
  isRefusal,
  NotCoderError,
  RefusedRequestError,
  TransientError,
  UnexpectedAnswerError,
} from "../model/errors.js";
import { schemaFaults } from "../model/schema-faults.js";
import { patientFetch } from "../runtime/patient-fetch.js";

/** Of one request, where nothing else is said. */
const timeoutMs = 20_000;
const reasonLength = 500;

/** Every answer of Coder's has it, errors too (codersdk.BuildVersionHeader); a proxy's own answers have not. */
const versionHeader = "x-coder-build-version";

/** A full queue is a 429 as well, but none that a pause of a known length would help against (coderd/exp_chats.go). */
const queueIsFull = /^Message queue is full/;

/** One Coder deployment's HTTP API, as one token sees it. */
export class CoderClient {
  constructor(
    /** The deployment's address, without a slash at its end. */
    readonly url: string,
    private readonly token: string,
    /** Told when Coder does not accept the token. */
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
   * Sends one request and returns the JSON of its answer, `undefined` where it has none. Throws a
   * `RefusedRequestError` on a 4xx, a `TransientError` on a 5xx or a connection that failed: the request may
   * have had its effect then.
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    options: { timeoutMs?: number } = {},
  ): Promise<unknown> {
    const fetch = patientFetch("Coder", options.timeoutMs ?? timeoutMs, isAnswer);
    const response = await fetch(`${this.url}${path}`, {
      method,
      // `fetch` would hand the token, which stands in a header of Coder's own, to whoever is redirected to.
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
        `${this.url} answered 404 to ${method} ${withoutQuery(path)}, and not as Coder does (without X-Coder-Build-Version, and in other words): something in front of Coder did, or CODER_URL is wrong. Set CODER_URL to the address of the Coder deployment, and let its proxy pass /api/ on.`,
      );
    }
    throw this.#refusal(method, path, response.status, text);
  }

  /** Coder redirects to its access URL where it is asked at another; a proxy or a login page anywhere. */
  async #redirected(method: string, path: string, response: Response): Promise<NotCoderError> {
    await response.body?.cancel();
    const location = response.headers.get("location") ?? "";
    const to = URL.canParse(location, this.url) ? new URL(location, this.url).origin : "nowhere";
    return new NotCoderError(
      `${this.url} answered ${response.status} to ${method} ${withoutQuery(path)}, a redirect to ${to}. The Coder token is sent to CODER_URL alone, so the redirect was not followed. Set CODER_URL to the address at which Coder itself answers, and keep login pages away from /api/.`,
    );
  }

  #expect<Schema extends z.core.$ZodType>(schema: Schema, request: string, body: unknown): z.output<Schema> {
    const result = z.safeParse(schema, body);
    if (result.success) return result.data;
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

/** Whether Coder has answered that it has no such path: an older or a newer server, or a feature that is off. */
export function isRouteMissing(error: unknown): boolean {
  return isRefusal(error, 404) && /^Route not found/.test(error.reason);
}

/** Coder's own words for what it does not have (coderd/httpapi); proxies have others. */
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

/** Some of the errors of chats have a `kind` (coderd/exp_chats.go). */
function kindOf(body: unknown): string | undefined {
  const kind = typeof body === "object" && body !== null && "kind" in body ? body.kind : undefined;
  return typeof kind === "string" ? kind : undefined;
}

/** The `message` and `detail` of Coder's error bodies; a proxy's page is not worth quoting. */
function messageOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "(no JSON in the answer: is a proxy in between?)";
  const { message, detail } = body as { message?: unknown; detail?: unknown };
  return [message, detail].filter((part) => typeof part === "string" && part !== "").join(" ");
}
