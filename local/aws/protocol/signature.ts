import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { type SignedRequest, Signer } from "./signer.js";

/** An access key, as AWS SDKs and the `aws` CLI accept it. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** New random credentials. */
export function makeCredentials(): Credentials {
  return {
    accessKeyId: `LOCAL${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
  };
}

/** The default credentials of an endpoint, for tests, whose endpoints hold no secrets. */
export const exampleCredentials: Credentials = { accessKeyId: "local", secretAccessKey: "local" };

/** The region of every local endpoint. */
export const region = "us-east-1";

export interface Refusal {
  name: string;
  message: string;
}

/** The maximum clock skew of a client. */
const maxSkewMs = 15 * 60 * 1000;

/**
 * Checks the Signature Version 4 of requests to one service as AWS does: in the same order, with the same messages, and
 * with 15 minutes of clock skew. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
 */
export class SignatureVerifier {
  readonly #service: string;
  readonly #credentials: Credentials;
  readonly #signer: Signer;

  /** @param service the name that the service signs under, such as `states`. */
  constructor(service: string, credentials: Credentials) {
    this.#service = service;
    this.#credentials = credentials;
    this.#signer = new Signer({ service, region, ...credentials });
  }

  /** The reason for refusing the request; `undefined` if it is signed with the credentials. */
  refusal(request: SignedRequest): Refusal | undefined {
    const { headers } = request;
    const header = headers.authorization;
    if (!header?.startsWith("AWS4-")) {
      return refuse("MissingAuthenticationTokenException", "Request is missing Authentication Token");
    }
    const { algorithm, Credential, SignedHeaders, Signature } = parseAuthorization(header);
    const date = headers["x-amz-date"];
    if (!Credential || !SignedHeaders || !Signature || typeof date !== "string") {
      return refuse(
        "IncompleteSignatureException",
        "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters and a 'X-Amz-Date' header.",
      );
    }
    const signed = parseDate(date);
    if (!signed) {
      return refuse(
        "IncompleteSignatureException",
        `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
      );
    }
    const skew = skewFault(signed);
    if (skew) return refuse("InvalidSignatureException", skew);
    const names = new Set(SignedHeaders.split(";"));
    if (!names.has("host")) {
      const message = "'Host' must be a 'SignedHeader' in the AWS Authorization.";
      return refuse("InvalidSignatureException", message);
    }
    if (algorithm !== "AWS4-HMAC-SHA256") {
      const message = `Unsupported AWS 'algorithm': '${algorithm}' (only AWS4-HMAC-SHA256 for now). `;
      return refuse("IncompleteSignatureException", message);
    }
    const scope = Credential.split("/");
    if (scope.length !== 5) {
      return refuse(
        "IncompleteSignatureException",
        `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${Credential}'`,
      );
    }
    const fault = this.#scopeFault(scope, date);
    if (fault) return refuse("InvalidSignatureException", fault);
    // A session token marks temporary credentials; these endpoints have none.
    if (scope[0] !== this.#credentials.accessKeyId || headers["x-amz-security-token"] !== undefined) {
      const message = "The security token included in the request is invalid.";
      return refuse("UnrecognizedClientException", message);
    }
    if (this.#isSigned(request, [...names], date, Signature)) return undefined;
    return refuse(
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }

  #scopeFault([, day, scopeRegion, service, term]: string[], date: string): string {
    const faults: string[] = [];
    if (scopeRegion !== region) {
      faults.push(`Credential should be scoped to a valid region, not '${scopeRegion}'. `);
    }
    if (service !== this.#service) {
      faults.push(`Credential should be scoped to correct service: '${this.#service}'. `);
    }
    if (term !== "aws4_request") {
      faults.push(`Credential should be scoped with a valid terminator: 'aws4_request', not '${term}'. `);
    }
    if (day !== date.slice(0, 8)) {
      faults.push(
        `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${day}' != '${date.slice(0, 8)}', from '${date}'.`,
      );
    }
    return faults.join("");
  }

  /** Signs the same request and compares. */
  #isSigned(request: SignedRequest, names: string[], date: string, signature: string): boolean {
    const { headers, raw } = request;
    // If a client sends its body's hash, the signature covers only the hash.
    const sent = headers["x-amz-content-sha256"];
    if (sent !== undefined && sent !== hash("sha256", raw)) return false;
    if (names.some((name) => headers[name] === undefined)) return false;
    return isSame(this.#signer.signature(request, names, date), signature);
  }
}

function refuse(name: string, message: string): Refusal {
  return { name, message };
}

/** `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` */
function parseAuthorization(header: string): Record<string, string | undefined> {
  const [algorithm = "", ...parameters] = header.split(/[,\s]+/);
  const parsed: Record<string, string> = { algorithm };
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split(/=(.*)/s);
    parsed[name] = value;
  }
  return parsed;
}

/** `20130301T000000Z` */
function parseDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A time as in the header `x-amz-date`: `20130301T000000Z`. */
export function basicFormat(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, "");
}

function skewFault(signed: Date): string | undefined {
  // Not Date.now(): SDKs correct their clocks by the server's Date header, which follows this one.
  const clock = new Date();
  const now = clock.getTime();
  const [earliest, latest] = [now - maxSkewMs, now + maxSkewMs];
  if (signed.getTime() < earliest) {
    return `Signature expired: ${basicFormat(signed.getTime())} is now earlier than ${basicFormat(earliest)} (${basicFormat(now)} - 15 min.)`;
  }
  if (signed.getTime() > latest) {
    return `Signature not yet current: ${basicFormat(signed.getTime())} is still later than ${basicFormat(latest)} (${basicFormat(now)} + 15 min.)`;
  }
  return undefined;
}

function isSame(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)];
  return a.length === b.length && timingSafeEqual(a, b);
}
