import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { FaultPlan } from "../../http/faults.js";
import { foreignHost, isLoopbackHost } from "../../http/loopback.js";
import {
  type Credentials,
  exampleCredentials,
  makeSigner,
  SignatureVerifier,
} from "../protocol/signature.js";

export interface LocalDynamoDb {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  url: string;
  /** Faults to inject into calls: those with a status, or with a lost connection. */
  faults: FaultPlan;
  close(): Promise<void>;
}

/** Loads dynalite's code, which takes longer than starting it. */
export const loadDynamoDb = () => import("dynalite");

/**
 * Starts a DynamoDB on a free port, with one on-demand table whose keys are the strings `pk` and `sk`. `tableName` has at
 * least 3 characters. There are no transactions: dynalite answers `TransactWriteItems` with
 * `UnknownOperationException`. Requests that are not signed with the credentials are refused.
 *
 * @param path the folder that keeps the table. Default: the table is empty, and in memory only.
 */
export async function startDynamoDb(
  tableName: string,
  credentials: Credentials = exampleCredentials,
  path?: string,
): Promise<LocalDynamoDb> {
  const [{ default: dynalite }] = await Promise.all([loadDynamoDb(), path && syncWrites()]);
  const server = dynalite({ createTableMs: 0, ...(path !== undefined && { path }) });
  const faults = new FaultPlan();
  guard(server, new SignatureVerifier("dynamodb", credentials), faults);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // dynalite crashes if its store is closed during a request, even if the client has disconnected.
  const underWay = new Set<Promise<void>>();
  server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => {
    const answered = new Promise<void>((resolve) => {
      // Not "close": it fires when the client disconnects, even if the store is still working.
      response.end = new Proxy(response.end, {
        apply(end, self, args) {
          resolve();
          return Reflect.apply(end, self, args);
        },
      });
    }).finally(() => underWay.delete(answered));
    underWay.add(answered);
  });
  const close = async () => {
    server.closeIdleConnections();
    while (underWay.size > 0) await Promise.all(underWay);
    await new Promise<void>((resolve) => {
      // dynalite waits for its clients' keep-alive connections, which stay open after every request.
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };

  try {
    await createTable(url, tableName, credentials);
  } catch (error) {
    await close();
    throw error;
  }
  return { url, faults, close };
}

/** Makes LevelDB write to the disk before it answers. dynalite has no option for that. */
async function syncWrites(): Promise<void> {
  const { ClassicLevel } = await import("classic-level");
  const writes = ClassicLevel.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ["_put", "_del", "_batch"]) {
    const write = writes[name];
    if (!write) throw new Error(`classic-level has no ${name}`);
    writes[name] = function (...args) {
      const options = args.pop();
      return write.call(this, ...args, { ...(options as object), sync: true });
    };
  }
}

/** Sent without the AWS SDK: loading it for this one request would take longer than the rest of the start. */
async function createTable(url: string, TableName: string, credentials: Credentials): Promise<void> {
  const body = JSON.stringify({
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "S" },
    ],
  });
  const { host } = new URL(url);
  const headers = {
    host,
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "DynamoDB_20120810.CreateTable",
  };
  const request = { method: "POST", protocol: "http:", hostname: host, path: "/", query: {}, headers, body };
  const signed = await makeSigner("dynamodb", credentials).sign(request);
  const response = await fetch(url, { method: "POST", headers: signed.headers, body });
  if (response.ok) return;
  const reason = await response.text();
  // The table of a former process.
  if (reason.includes("ResourceInUseException")) return;
  throw new Error(`The table ${TableName} was not created: ${reason}`);
}

/** Puts checks in front of the server's handlers: only signed requests with a loopback `Host` pass. */
function guard(server: Server, verifier: SignatureVerifier, faults: FaultPlan): void {
  const handlers = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    // If the client disconnects, it gets no answer.
    const raw = await bodyOf(request).catch(() => undefined);
    if (!raw) return response.end();
    const [path = "/", query = ""] = url.split(/\?(.*)/s);
    if (!isLoopbackHost(headers.host)) return refuse(response, 403, foreignHost);
    const signed = { method, path, query: new URLSearchParams(query), headers, raw };
    const refusal = await verifier.refusal(signed);
    if (refusal) {
      const __type = `com.amazon.coral.service#${refusal.name}`;
      return refuse(response, 400, { __type, message: refusal.message });
    }
    const fault = faults.take(method, path);
    if (fault?.status !== undefined) return refuse(response, fault.status, Object(fault.body));
    if (fault?.lose) response.destroy();
    if (fault?.lose === "request") return response.end();
    // The body has been read already, so dynalite gets a copy to read.
    const replayed = Object.assign(Readable.from([raw]), { method, url, headers });
    for (const handler of handlers) handler.call(server, replayed, response);
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refuse(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
}
