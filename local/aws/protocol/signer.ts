import { createHmac, hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The parts of a request that its signature covers. */
export interface SignedRequest {
  method: string;
  /** As sent, percent-encoded. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  raw: Buffer;
}

/** The access key and the service that requests are signed for. */
export interface Scope {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  /** The name that the service signs under, such as `states`. */
  service: string;
}

/**
 * Signature Version 4. It is synchronous and caches its key for a day, because every call of the local system goes through
 * it. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export class Signer {
  #key: { day: string; bytes: Buffer } | undefined;

  constructor(private readonly scope: Scope) {}

  /** The `Authorization` header for a request whose headers have `x-amz-date`. */
  authorization(request: SignedRequest): string {
    const names = Object.keys(request.headers).sort();
    const date = String(request.headers["x-amz-date"]);
    const credential = `${this.scope.accessKeyId}/${this.#scopeOf(date)}`;
    const signature = this.signature(request, names, date);
    return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`;
  }

  /**
   * The signature, in hexadecimal digits.
   *
   * @param names those of the signed headers, in lower case; the request has all of them.
   * @param date as in the header `x-amz-date`: `20130301T000000Z`.
   */
  signature({ method, path, query, headers, raw }: SignedRequest, names: readonly string[], date: string) {
    const sorted = [...names].sort();
    const canonical = [
      method,
      // Encoded a second time, because only S3 signs the path as it was sent.
      path.split("/").map(encode).join("/"),
      canonicalQuery(query),
      ...sorted.map((name) => `${name}:${String(headers[name]).trim().replace(/\s+/g, " ")}`),
      "",
      sorted.join(";"),
      sha256(raw),
    ].join("\n");
    const toSign = ["AWS4-HMAC-SHA256", date, this.#scopeOf(date), sha256(canonical)].join("\n");
    return hmac(this.#keyOf(date.slice(0, 8)), toSign).toString("hex");
  }

  #scopeOf(date: string): string {
    return `${date.slice(0, 8)}/${this.scope.region}/${this.scope.service}/aws4_request`;
  }

  #keyOf(day: string): Buffer {
    if (this.#key?.day !== day) {
      const { secretAccessKey, region, service } = this.scope;
      const bytes = [day, region, service, "aws4_request"].reduce(
        hmac,
        Buffer.from(`AWS4${secretAccessKey}`),
      );
      this.#key = { day, bytes };
    }
    return this.#key.bytes;
  }
}

function canonicalQuery(query: URLSearchParams): string {
  const pairs = [...query].map(([name, value]) => [encode(name), encode(value)] as const);
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]))
    .map((pair) => pair.join("="))
    .join("&");
}

/** Percent-encodes all but the unreserved characters of RFC 3986. */
function encode(text: string): string {
  const percent = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text).replace(/[!'()*]/g, percent);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(data: string | Buffer): string {
  return hash("sha256", data);
}
