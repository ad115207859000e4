import type { HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import type { Access } from "./access.js";
import { type CoderVersion, type Release, releases } from "./version.js";

/** codersdk.ValidationError. */
export interface Validation {
  field: string;
  detail: string;
}

/** An error answer in the shape of codersdk.Response. Any handler may throw it. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    message: string,
    readonly detail?: string,
    readonly validations?: Validation[],
  ) {
    super(message);
  }

  get reply(): HttpReply {
    return {
      status: this.status,
      body: {
        message: this.message,
        ...(this.detail !== undefined && { detail: this.detail }),
        ...(this.validations && { validations: this.validations }),
      },
    };
  }
}

/** Coder's answer for a resource that is missing or hidden. */
export function notFound(): Refusal {
  return new Refusal(404, "Resource not found or you do not have access to this resource");
}

/** Coder's answer for a missing permission that it doesn't hide behind a 404. */
export function forbidden(): Refusal {
  return new Refusal(
    403,
    "Forbidden.",
    "You don't have permission to view this content. If you believe this is a mistake, please contact your administrator or try signing in with different credentials.",
  );
}

/** Answers a request. `caller` is the user of its token. */
export type CoderHandler = (request: HttpRequest, caller: Access) => HttpReply | Promise<HttpReply>;

/** Routes of Coder's API: they require a session token and answer in Coder's format. */
export class CoderApi {
  #version: CoderVersion = "2.34";
  #release: Release = releases["2.34"];

  constructor(
    readonly http: HttpServer,
    private readonly callerOf: (token: string) => Access | undefined,
  ) {
    // The token isn't checked here, because in Coder authentication is part of the routes.
    http.notFound = () => new Refusal(404, "Route not found.").reply;
    http.route("GET", "/api/v2/buildinfo", () => ({
      status: 200,
      body: {
        external_url: "https://github.com/coder/coder",
        version: this.#release.build,
        dashboard_url: http.url,
      },
    }));
  }

  get version(): CoderVersion {
    return this.#version;
  }

  get release(): Release {
    return this.#release;
  }

  /** Sets the server's version, with the given differences from it. */
  become(version: CoderVersion, differences: Partial<Release> = {}): void {
    this.#version = version;
    this.#release = { ...releases[version], ...differences };
    // On every answer, so that clients can distinguish Coder's 404 from a proxy's.
    this.http.commonHeaders = { "X-Coder-Build-Version": this.#release.build };
  }

  /**
   * Whether it is Coder 2.31 or later: 409 instead of 400 for a task that isn't active, pause and resume, log snapshots.
   */
  get isModern(): boolean {
    return this.#version !== "2.30";
  }

  /** A route whose `isThere` returns false is unknown in the current version. */
  route(method: string, pattern: string, handler: CoderHandler, isThere = () => true): void {
    this.http.route(method, pattern, async (request) => {
      if (!isThere()) return this.http.notFound(request);
      try {
        return await handler(request, this.#authenticate(request));
      } catch (error) {
        if (error instanceof Refusal) return error.reply;
        throw error;
      }
    });
  }

  #authenticate(request: HttpRequest): Access {
    const caller = this.callerOf(`${request.headers["coder-session-token"] ?? ""}`);
    if (caller) return caller;
    throw new Refusal(
      401,
      "You are signed out or your session has expired. Please sign in again to continue.",
      "Coder-Session-Token is missing or not valid.",
    );
  }
}

/** The body as a JSON object; Coder answers anything else with 400. */
export function jsonObject(request: HttpRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new Refusal(400, "Request body must be valid JSON.", "expected a JSON object");
}

/** An optional field that is a string or null; Coder's decoder refuses other types. */
export function textField(body: Record<string, unknown>, name: string): string | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw new Refusal(
    400,
    "Request body must be valid JSON.",
    `json: cannot unmarshal into field ${name} of type string`,
  );
}

export const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** An optional field that is a UUID or null; returned in lower case. */
export function uuidField(body: Record<string, unknown>, name: string): string | undefined {
  const value = textField(body, name);
  if (value === undefined || isUuid(value)) return value?.toLowerCase();
  throw new Refusal(400, "Request body must be valid JSON.", `invalid UUID in field ${name}: "${value}"`);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
