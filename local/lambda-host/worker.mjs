// The thread that the Lambdas run in. Plain JavaScript, because a worker does not inherit its parent's loaders: it
// must start under plain node, even if the parent runs in jest or tsx.
import { AsyncLocalStorage } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { parentPort } from "node:worker_threads";
import { enter, hangUp, listen } from "./ingress-thread.mjs";
import { post } from "./outbox.mjs";
import { checkRequestSize, checkResponseSize } from "./payload-limit.mjs";

/** The system that the thread serves at the moment: its number and the absolute paths of its bundles. */
let serving = { number: 0, bundles: /** @type {Record<string, string>} */ ({}) };
/** @type {Map<string, Promise<(event: unknown, context: object) => unknown>>} */
let handlers = new Map();

class HandlerNotFound extends Error {
  name = "Runtime.HandlerNotFound";
}
class ImportModuleError extends Error {
  name = "Runtime.ImportModuleError";
}

class UnhandledPromiseRejection extends Error {
  name = "Runtime.UnhandledPromiseRejection";

  constructor(reason) {
    super(`${reason}`, { cause: reason });
  }
}

/** Loads a bundle at its function's first call, as a cold start does. */
function handlerOf(functionName) {
  const known = handlers;
  let handler = known.get(functionName);
  if (!handler) {
    handler = load(functionName);
    known.set(functionName, handler);
    // The next call retries a failed cold start, as in Lambda.
    handler.catch(() => known.delete(functionName));
  }
  return handler;
}

async function load(functionName) {
  let module;
  try {
    // Each system has its own module instances.
    module = await import(`${pathToFileURL(serving.bundles[functionName])}?${serving.number}`);
  } catch (error) {
    throw new ImportModuleError(`${functionName}: ${error}`, { cause: error });
  }
  if (typeof module.handler !== "function") throw new HandlerNotFound(`${functionName} exports no handler`);
  return module.handler;
}

function contextOf({ functionName, requestId, deadline }) {
  return {
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: "256",
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** The error that Lambda's Node.js runtime reports for a thrown value. */
function describe(error) {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name || "Error",
    errorMessage: error.message,
    trace: (error.stack ?? "").split("\n"),
  };
}

/** Identifies the call that a stray error belongs to. */
const running = new AsyncLocalStorage();

/**
 * As in Lambda's Node.js runtime, the call fails with the error and the process exits, which fails all other running calls.
 */
function crash(error, exitCode) {
  const id = running.getStore();
  if (id !== undefined) post({ id, error: describe(error) });
  console.error(error);
  process.exit(exitCode);
}
process.on("uncaughtException", (error) => crash(error, 129));
process.on("unhandledRejection", (reason) => crash(new UnhandledPromiseRejection(reason), 128));

let calls = 0;

/** The JSON of a function's result. */
async function call(functionName, event, context) {
  calls += 1;
  try {
    const handler = await handlerOf(functionName);
    return JSON.stringify(await handler(event, context)) ?? "null";
  } finally {
    calls -= 1;
  }
}

async function run({ id, functionName, requestId, deadline, payload }) {
  try {
    const context = contextOf({ functionName, requestId, deadline });
    const result = await running.run(id, () => call(functionName, JSON.parse(payload), context));
    post({ id, result });
  } catch (error) {
    post({ id, error: describe(error) });
  }
}

/**
 * A body of fewer characters is within the limit: JSON escapes a character with six bytes at most, and Node.js accepts 16
 * KB of headers.
 */
const certainlySmall = 900_000;

/** The result of a function for an event of the HTTP API. Rejects if the function takes longer than `timeoutMs`. */
async function answer(functionName, event, timeoutMs) {
  if (event.body?.length > certainlySmall) checkRequestSize(JSON.stringify(event));
  const context = contextOf({ functionName, requestId: randomUUID(), deadline: Date.now() + timeoutMs });
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${functionName} timed out`)), timeoutMs);
  });
  try {
    const result = await Promise.race([call(functionName, event, context), timeout]);
    checkResponseSize(result);
    return JSON.parse(result);
  } finally {
    clearTimeout(timer);
  }
}

function serve({ bundles, env, preload }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  serving = { number: serving.number + 1, bundles };
  handlers = new Map();
  isStopping = false;
  post({ state: "ready" });
  preloading = loadAhead(preload);
}

let isStopping = false;
let preloading = Promise.resolve();

async function loadAhead(names) {
  for (const name of names) {
    // A failed load is retried by the first call, which reports the error. Calls that arrived in the meantime go first.
    await handlerOf(name).catch(() => {});
    await setImmediate();
    if (isStopping) return;
  }
}

/**
 * Posts `idle` once all calls are over, including those that timed out, and nothing is being loaded. Otherwise, a late
 * module of this system could end the next system's instance.
 */
async function stop() {
  isStopping = true;
  await hangUp();
  while (calls > 0) await sleep(5);
  await preloading;
  post({ state: "idle" });
}

parentPort.on("message", (message) => {
  if (message === "stop") return stop();
  if (message === "hang up") return hangUp().then(() => post({ ingress: { closed: true } }));
  if ("listen" in message) return listen(message.listen, answer);
  if ("enter" in message) return enter(message.enter);
  return "serve" in message ? serve(message.serve) : run(message);
});
