import type { HttpHandler, HttpReply, HttpRequest, HttpServer } from "../http-server.js";

export type CoderVersion = "2.34" | "2.30";

/** codersdk.ValidationError. */
export interface Validation {
  field: string;
  detail: string;
}

/** An answer that is an error, in the shape of codersdk.Response. Thrown by whatever finds it out. */
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

/** Coder does not tell what is missing from what is hidden. */
export function notFound(): Refusal {
  return new Refusal(404, "Resource not found or you do not have access to this resource");
}

/** Routes of Coder's API: they want the session token, and answer in Coder's way. */
export class CoderApi {
  constructor(
    readonly http: HttpServer,
    readonly token: string,
    readonly version: CoderVersion,
  ) {
    // On every answer, so that clients can tell Coder's 404 from a proxy's.
    http.commonHeaders = { "X-Coder-Build-Version": this.buildVersion };
    // Without a look at the token: in Coder, authentication is part of the routes.
    http.notFound = () => new Refusal(404, "Route not found.").reply;
    http.route("GET", "/api/v2/buildinfo", () => ({
      status: 200,
      body: {
        external_url: "https://github.com/coder/coder",
        version: this.buildVersion,
        dashboard_url: http.url,
      },
    }));
  }

  get buildVersion(): string {
    return this.version === "2.30" ? "v2.30.0+fake" : "v2.34.1+fake";
  }

  /** Coder from 2.31 on: 409 instead of 400 for a task that is not active, pause and resume, log snapshots. */
  get isModern(): boolean {
    return this.version !== "2.30";
  }

  route(method: string, pattern: string, handler: HttpHandler): void {
    this.http.route(method, pattern, async (request) => {
      try {
        this.#authenticate(request);
        return await handler(request);
      } catch (error) {
        if (error instanceof Refusal) return error.reply;
        throw error;
      }
    });
  }

  #authenticate(request: HttpRequest): void {
    if (request.headers["coder-session-token"] === this.token) return;
    throw new Refusal(
      401,
      "You are signed out or your session has expired. Please sign in again to continue.",
      "Coder-Session-Token is missing or not valid.",
    );
  }
}

/** The body as a JSON object; Coder answers 400 to anything else. */
export function jsonObject(request: HttpRequest): Record<string, unknown> {
  const { body } = request;
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  throw new Refusal(400, "Request body must be valid JSON.", "expected a JSON object");
}

/** A field that is a string, or absent, or null; Coder's decoder refuses other types. */
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

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
