import { z } from "zod";
import type { HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import { type Credentials, SignatureVerifier } from "./signature.js";
import { validationFault } from "./validation.js";

/** An error of AWS's JSON protocols: `__type` ends with its name, and SDKs throw it under that name. */
export class AwsError extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

export interface AwsJsonService {
  /** The part of `x-amz-target` before the dot. */
  target: string;
  version: "1.0" | "1.1";
  /** The service name in the signature. */
  signingName: string;
  /** Requests that are not signed with them are refused. */
  credentials: Credentials;
  /** The part before `#` in the `__type` of the service's own errors. Default: none, `__type` is the bare name. */
  errorNamespace?: string;
  /** The member that holds the text of the service's own errors. Default: `message`. */
  messageMember?: "message" | "Message";
  /** Which errors besides `AwsError` and zod's are answered with 400 and the error's `name`. */
  isRefusal?: (error: unknown) => error is Error;
  /** The operations by name. Each parses its own input. Any other error becomes a 500. */
  operations: Record<string, (input: unknown) => object>;
}

/**
 * Makes the server speak AWS's JSON protocol: every call is a signed POST to `/` whose `x-amz-target` names the
 * operation. As in AWS, the operation is checked before the signature.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function serveAwsJson(server: HttpServer, service: AwsJsonService): void {
  const headers = { "content-type": `application/x-amz-json-${service.version}` };
  const verifier = new SignatureVerifier(service.signingName, service.credentials);
  const refuse = (type: string, message: string, member = "message"): HttpReply => {
    return { status: 400, headers, body: { __type: type, [member]: message } };
  };
  const refuseAsService = ({ name, message }: { name: string; message: string }) => {
    const type = service.errorNamespace ? `${service.errorNamespace}#${name}` : name;
    return refuse(type, message, service.messageMember);
  };

  server.route("POST", "/", (request: HttpRequest) => {
    const input = request.body ?? {};
    if (typeof input === "string")
      return refuse(`${frontNamespace}#SerializationException`, "the body is not JSON");
    const target = String(request.headers["x-amz-target"] ?? "");
    const name = target.startsWith(`${service.target}.`) ? target.slice(service.target.length + 1) : "";
    const operation = Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
    if (!operation) {
      const message = `${target || "a request without X-Amz-Target"} is not one of the local operations`;
      return refuse(`${frontNamespace}#UnknownOperationException`, message);
    }
    const refusal = verifier.refusal(request);
    if (refusal) return refuse(`${frontNamespace}#${refusal.name}`, refusal.message);
    try {
      return { status: 200, headers, body: operation(input) };
    } catch (error) {
      if (error instanceof z.ZodError) {
        const fault = validationFault(error, input);
        const namespace = fault.name === "ValidationException" ? validationNamespace : frontNamespace;
        return refuse(`${namespace}#${fault.name}`, fault.message);
      }
      if (error instanceof AwsError || service.isRefusal?.(error)) return refuseAsService(error);
      throw error;
    }
  });
  server.notFound = () => refuse(`${frontNamespace}#UnknownOperationException`, "expected a POST to /");
}

/** The namespace of errors from AWS's front end, which answers before the service sees the request. */
const frontNamespace = "com.amazon.coral.service";
const validationNamespace = "com.amazon.coral.validate";

/** AWS's JSON protocols use fractional seconds since the epoch for times. */
export function epochSeconds(time: Date): number {
  return time.getTime() / 1000;
}
