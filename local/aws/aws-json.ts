import { z } from "zod";
import type { HttpReply, HttpRequest, HttpServer } from "../http-server.js";

/** An error as AWS's JSON protocols carry it: its name ends `__type`, and SDKs throw it under that name. */
export class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface AwsJsonService {
  /** What stands before the dot in `x-amz-target`. */
  target: string;
  version: "1.0" | "1.1";
  /** What stands before the `#` in an error's `__type`; without it, `__type` is the bare name. */
  errorNamespace?: string;
  /** Which errors, beside `AwsError` and those of zod, are a refusal: a 400 under the error's `name`. */
  isRefusal?: (error: unknown) => error is Error;
  /** By operation. Each parses its own input; what it throws and is no refusal becomes a 500. */
  operations: Record<string, (input: unknown) => object>;
}

/**
 * Makes the server speak AWS's JSON protocol: every call is a POST to `/` whose `x-amz-target` names the
 * operation. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function serveAwsJson(server: HttpServer, service: AwsJsonService): void {
  const headers = { "content-type": `application/x-amz-json-${service.version}` };
  const refuse = (name: string, message: string): HttpReply => {
    const type = service.errorNamespace ? `${service.errorNamespace}#${name}` : name;
    return { status: 400, headers, body: { __type: type, message } };
  };

  server.route("POST", "/", (request: HttpRequest) => {
    const target = String(request.headers["x-amz-target"] ?? "");
    const name = target.startsWith(`${service.target}.`) ? target.slice(service.target.length + 1) : "";
    const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
    if (!operation)
      return refuse("UnknownOperationException", `${target} is not one of the local operations`);
    if (typeof request.body === "string") return refuse("SerializationException", "the body is not JSON");
    try {
      return { status: 200, headers, body: operation(request.body ?? {}) };
    } catch (error) {
      if (error instanceof z.ZodError) return refuse("ValidationException", z.prettifyError(error));
      if (error instanceof AwsError || service.isRefusal?.(error)) return refuse(error.name, error.message);
      throw error;
    }
  });
}

/** AWS's JSON protocols carry times as seconds since the epoch, with a fraction. */
export function epochSeconds(time: Date): number {
  return time.getTime() / 1000;
}
