import { EventEmitter } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { FaultPlan } from "../../http/faults.js";
import { foreignHost, isLoopbackHost } from "../../http/loopback.js";
import {
  basicFormat,
  type Credentials,
  exampleCredentials,
  region,
  SignatureVerifier,
} from "../protocol/signature.js";
import { Signer } from "../protocol/signer.js";

export interface LocalDynamoDb {
  /** For `AWS_ENDPOINT_URL_DYNAMODB`. */
  url: string;
  /** Faults to inject into calls: those with a status, or with a lost connection. */
  readonly faults: FaultPlan;
  /** Called after each request to the table, if it is set. */
  onCall?: (call: TableCall) => void;
  close(): Promise<void>;
}

/** The cost of a request. */
export interface TableCall {
  /** `GetItem`, for example. */
  operation: string;
  /** The kind of its partition, which is the key up to the first `#`, or "" if it has none. */
  partition: string;
  /** The number of items read. A read that finds none counts as one, because DynamoDB charges it so. */
  itemsRead: number;
  /** DynamoDB's read or write units. */
  units: number;
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
  const local: LocalDynamoDb = { url: "", faults: new FaultPlan(), close };
  // dynalite crashes if its store is closed during a request, even if the client has disconnected.
  const underWay = new Set<Promise<unknown>>();
  guard(server, new SignatureVerifier("dynamodb", credentials), local, underWay);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  local.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  async function close(): Promise<void> {
    server.closeIdleConnections();
    while (underWay.size > 0) await Promise.all(underWay);
    await new Promise<void>((resolve) => {
      // dynalite waits for its clients' keep-alive connections, which stay open after every request.
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  try {
    await createTable(local.url, tableName, credentials);
  } catch (error) {
    await close();
    throw error;
  }
  return local;
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
    "x-amz-date": basicFormat(Date.now()),
  };
  const request = {
    method: "POST",
    path: "/",
    query: new URLSearchParams(),
    headers,
    raw: Buffer.from(body),
  };
  const authorization = new Signer({ service: "dynamodb", region, ...credentials }).authorization(request);
  const response = await fetch(url, { method: "POST", headers: { ...headers, authorization }, body });
  if (response.ok) return;
  const reason = await response.text();
  // A former process created the table.
  if (reason.includes("ResourceInUseException")) return;
  throw new Error(`The table ${TableName} was not created: ${reason}`);
}

/**
 * Puts checks in front of the server's handlers: only signed requests with a loopback `Host` pass. `underWay` holds the
 * requests that are not answered yet.
 */
function guard(
  server: Server,
  verifier: SignatureVerifier,
  local: LocalDynamoDb,
  underWay: Set<Promise<unknown>>,
): void {
  const handlers = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", async (request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    const answering = answerOf(response);
    underWay.add(answering);
    void answering.then(() => underWay.delete(answering));
    // AWS's clients correct their clocks by it. Node.js would write the machine's time even if this process fakes its
    // clock.
    response.setHeader("date", new Date().toUTCString());
    // `undefined` if the client disconnects.
    const raw = await bodyOf(request).catch(() => undefined);
    if (!raw) return response.end();
    const [path = "/", query = ""] = url.split(/\?(.*)/s);
    if (!isLoopbackHost(headers.host)) return refuse(response, 403, foreignHost);
    const signed = { method, path, query: new URLSearchParams(query), headers, raw };
    const refusal = verifier.refusal(signed);
    if (refusal) {
      const __type = `com.amazon.coral.service#${refusal.name}`;
      return refuse(response, 400, { __type, message: refusal.message });
    }
    const fault = local.faults.take(method, path);
    if (fault?.status !== undefined) return refuse(response, fault.status, Object(fault.body));
    if (fault?.lose) response.destroy();
    if (fault?.lose === "request") return response.end();
    void answering.then((answer) => local.onCall?.(callOf(`${headers["x-amz-target"]}`, raw, `${answer}`)));
    // The body has already been read, so it is replayed for dynalite.
    const replayed = Object.assign(new EventEmitter(), { method, url, headers });
    for (const handler of handlers) handler.call(server, replayed, response);
    replayed.emit("data", local.onCall ? priced(raw) : raw);
    replayed.emit("end");
  });
}

/**
 * The body of the answer once the server ends it. Not on "close", which fires when the client disconnects even if the store
 * is still working.
 */
function answerOf(response: ServerResponse): Promise<unknown> {
  return new Promise((resolve) => {
    response.end = new Proxy(response.end, {
      apply(end, self, args) {
        resolve(args[0]);
        return Reflect.apply(end, self, args);
      },
    });
  });
}

/** Where an answer names the request's price, and the number of items that a query found. */
const price = /"CapacityUnits":([\d.]+)/;
const count = /"Count":(\d+)/;

/**
 * Adds a member to the request that asks for its price. It is appended to the text, because parsing the text would cost as
 * much as a read. If the member is already there, the last one counts.
 */
function priced(raw: Buffer): Buffer {
  const end = raw.lastIndexOf("}");
  // An empty object asks for nothing that has a price. Dynalite refuses anything that isn't an object.
  if (end < 2) return raw;
  return Buffer.concat([raw.subarray(0, end), Buffer.from(',"ReturnConsumedCapacity":"TOTAL"}')]);
}

/** @param answer JSON; the value of an item's attribute is never a number there, but an object or a text. */
const partitionKey = /":?pk":\{"S":"([^"#]*)/;

function callOf(target: string, raw: Buffer, answer: string): TableCall {
  const [, operation = ""] = target.split(".");
  const isRead = operation === "GetItem" || operation === "Query";
  return {
    operation,
    partition: partitionKey.exec(raw.toString())?.[1] ?? "",
    itemsRead: isRead ? Math.max(1, Number(count.exec(answer)?.[1] ?? 0)) : 0,
    units: Number(price.exec(answer)?.[1] ?? 0),
  };
}

/** The body of a request. Rejects if the client disconnects before its end. */
function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}

function refuse(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
}
