import { createHmac } from "node:crypto";
import { Agent, type OutgoingHttpHeaders, request } from "node:http";

/** A delivery to send. */
export interface PreparedDelivery {
  event: string;
  guid: string;
  body: string;
  /** The webhook secret that signs it. */
  secret: string;
}

/** A signed delivery that is ready to send. */
export interface SignedDelivery {
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

export interface Answer {
  status: number;
  /** Milliseconds from the first byte of the request until the last byte of the answer. */
  ms: number;
}

/** Signs a delivery. Done before the measurement, because signing is GitHub's part. */
export function signed({ event, guid, body, secret }: PreparedDelivery): SignedDelivery {
  const bytes = Buffer.from(body);
  return {
    body: bytes,
    headers: {
      accept: "*/*",
      "content-type": "application/json",
      "content-length": bytes.length,
      "user-agent": "GitHub-Hookshot/0000000",
      "x-github-delivery": guid,
      "x-github-event": event,
      "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(bytes).digest("hex")}`,
    },
  };
}

/** Sends deliveries one after the other over one keep-alive connection. */
export class Sender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly url: URL) {}

  send({ headers, body }: SignedDelivery): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const outgoing = request(this.url, { agent: this.#agent, method: "POST", headers }, (response) => {
        response.resume();
        response.once("error", reject);
        response.once("end", () => {
          resolve({ status: response.statusCode ?? 0, ms: performance.now() - start });
        });
      });
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
