import type { HttpReply, HttpRequest } from "../../http/http-server.js";
import { Endpoint } from "../protocol/endpoint.js";
import { type Credentials, exampleCredentials, region, SignatureVerifier } from "../protocol/signature.js";

export interface LambdaOptions {
  /** Calls a function by its name. Errors have Lambda's `errorType` as their name. */
  invoke: (name: string, payload: unknown) => Promise<unknown>;
  /** The names of the functions. */
  names: readonly string[];
  /** Requests that are not signed with them are refused. */
  credentials?: Credentials;
}

const json = "application/json";

/**
 * A local Lambda API with what operators need: calling a function and waiting for its result.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export class Lambda extends Endpoint {
  readonly #options: LambdaOptions;

  constructor(options: LambdaOptions) {
    super();
    this.#options = options;
    const verifier = new SignatureVerifier("lambda", options.credentials ?? exampleCredentials);
    this.server.before = (request) => {
      const fault = verifier.refusal(request);
      return fault && refusal(403, fault.name, fault.message);
    };
    this.server.route("POST", "/2015-03-31/functions/:name/invocations", (request) => this.#invoke(request));
    this.server.notFound = ({ method, path }) =>
      refusal(404, "UnknownOperationException", `${method} ${path} is not one of the local operations`);
  }

  async #invoke({ params, headers, raw, body = {} }: HttpRequest): Promise<HttpReply> {
    const name = params.name?.split(":").at(-1) ?? "";
    if (!this.#options.names.includes(name)) {
      const arn = `arn:aws:lambda:${region}:000000000000:function:${name}`;
      return refusal(404, "ResourceNotFoundException", `Function not found: ${arn}`);
    }
    const type = headers["x-amz-invocation-type"] ?? "RequestResponse";
    if (type !== "RequestResponse") {
      const message = `the local endpoint invokes only with RequestResponse, not with ${type}`;
      return refusal(400, "InvalidParameterValueException", message);
    }
    if (typeof body === "string") {
      const message = `Could not parse request body into json: Unrecognized token '${raw.toString().slice(0, 20)}'`;
      return refusal(400, "InvalidRequestContentException", message);
    }
    try {
      const result = await this.#options.invoke(name, body);
      return { status: 200, headers: answered, body: JSON.stringify(result ?? null) };
    } catch (error) {
      const { name: errorType, message: errorMessage } =
        error instanceof Error ? error : new Error(String(error));
      const failure = { errorType, errorMessage, trace: [] };
      return { status: 200, headers: { ...answered, "x-amz-function-error": "Unhandled" }, body: failure };
    }
  }
}

const answered = { "content-type": json, "x-amz-executed-version": "$LATEST" };

function refusal(status: number, type: string, message: string): HttpReply {
  const headers = { "content-type": json, "x-amzn-errortype": type };
  return { status, headers, body: { Type: "User", Message: message } };
}
