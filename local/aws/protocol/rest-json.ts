import { z } from "zod";
import type { HttpReply, HttpRequest, HttpServer } from "../../http/http-server.js";
import { AwsError } from "./aws-json.js";
import { type Credentials, SignatureVerifier } from "./signature.js";
import { validationFault } from "./validation.js";

export interface RestJsonService {
  /** The service name in the signature. */
  signingName: string;
  /** Requests that are not signed with them are refused. */
  credentials: Credentials;
  /** The API's errors whose status is not 400. */
  statuses: Record<string, number>;
  /** By `<method> <path>`, with `:name` for one path segment. */
  operations: Record<string, (request: HttpRequest) => object>;
}

/** Makes the server speak AWS's REST JSON protocol: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
export function serveRestJson(server: HttpServer, service: RestJsonService): void {
  const verifier = new SignatureVerifier(service.signingName, service.credentials);
  const refuse = ({ name, message }: { name: string; message: string }) => {
    return refusal(service.statuses[name] ?? 400, name, message);
  };

  server.before = (request) => {
    const fault = verifier.refusal(request);
    return fault && refusal(403, fault.name, fault.message);
  };
  for (const [route, act] of Object.entries(service.operations)) {
    const [method = "", pattern = ""] = route.split(" ");
    server.route(method, pattern, (request) => {
      try {
        return { status: 200, body: act(request) };
      } catch (error) {
        if (error instanceof z.ZodError) return refuse(validationFault(error, inputOf(request)));
        if (error instanceof AwsError) return refuse(error);
        throw error;
      }
    });
  }
  server.notFound = ({ method, path }) => {
    const message = `${method} ${path} is not one of the local operations`;
    return refusal(404, "UnknownOperationException", message);
  };
}

function refusal(status: number, name: string, message: string): HttpReply {
  return { status, headers: { "x-amzn-errortype": name }, body: { Message: message } };
}

/** Collects a request's members from its path, its query and its body. */
function inputOf({ params, query, body }: HttpRequest): object {
  return { ...params, ...Object.fromEntries(query), ...(typeof body === "object" ? body : {}) };
}
