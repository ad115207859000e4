import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { CallLimit } from "../../../local/lambda-host/call-limit.js";
import type { IngressOptions } from "../../../local/lambda-host/ingress.js";
import {
  LambdaHost,
  type LambdaHostOptions,
  type LambdaLogLine,
} from "../../../local/lambda-host/lambda-host.js";

const sources = {
  echo: "export const handler = async (event) => event;",
  context: `export const handler = async (event, context) => ({
    functionName: context.functionName,
    awsRequestId: context.awsRequestId,
    remaining: context.getRemainingTimeInMillis(),
  });`,
  environment: "export const handler = async () => ({ ...process.env });",
  thread: `import { threadId } from "node:worker_threads"; export const handler = async () => ({ id: threadId });`,
  slow: `globalThis.loads = [...(globalThis.loads ?? []), "begun"];
    for (let n = 0; n < 5000; n++) await new Promise(setImmediate);
    globalThis.loads.push("loaded");
    export const handler = async () => globalThis.loads;`,
  loads: "export const handler = async () => globalThis.loads;",
  count: "let n = 0; export const handler = async () => ++n;",
  date: "export const handler = async () => ({ at: new Date(0), nothing: undefined });",
  nothing: "export const handler = async () => {};",
  fail: `class TaskBusyError extends Error { name = "TaskBusyError"; }
    export const handler = async () => { throw new TaskBusyError("it works"); };`,
  "fail-oddly": `export const handler = async () => { throw "just text"; };`,
  write: `export const handler = async () => {
    console.log("one\\ntwo"); process.stderr.write("half "); process.stderr.write("and half ü\\n"); };`,
  hang: "export const handler = () => new Promise(() => {});",
  "write-and-hang": `export const handler = () => { console.log("still here"); return new Promise(() => {}); };`,
  exit: `export const handler = ({ code, words }) => {
    if (words) console.log(words);
    process.exit(code);
  };`,
  throw: `class TaskBusyError extends Error { name = "TaskBusyError"; }
    export const handler = () => new Promise(() => {
      setImmediate(() => { throw new TaskBusyError("nobody catches it"); });
    });`,
  reject: `export const handler = () => new Promise(() => {
    void Promise.reject(new Error("nobody waits for it"));
  });`,
  // Not with `new Array(1000).fill(0)`: Node.js 24 compiles a loop of that to code that can't be stopped.
  grow: `const kept = [];
    export const handler = () => { for (;;) kept.push(Array.from({ length: 1000 }, () => kept.length)); };`,
  long: "export const handler = async ({ bytes }) => 'x'.repeat(bytes - 2);",
  "long-answer": "export const handler = async () => ({ statusCode: 200, body: 'x'.repeat(6_291_556) });",
  "count-or-exit": `let n = 0, hang; const hangs = new Promise((resolve) => (hang = resolve));
    export const handler = async ({ body }) => {
      if (body === "exit") hangs.then(() => process.exit(1));
      if (body === "hang") hang();
      return body === "count" ? ++n : new Promise(() => {});
    };`,
  "no-handler": "export const other = 1;",
  broken: "import 'node:no-such-module'; export const handler = () => 1;",
};

let folder = "";
const bundles: Record<string, string> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lambda-host-"));
  for (const [name, source] of Object.entries(sources)) {
    bundles[name] = join(folder, `${name}.mjs`);
    await writeFile(bundles[name], source);
  }
});
afterAll(() => rm(folder, { recursive: true }));

const open: LambdaHost[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((host) => host.close()));
});

async function startHost(options: Partial<LambdaHostOptions> = {}) {
  const host = await LambdaHost.start({ bundles, env: {}, ...options });
  open.push(host);
  return host;
}

test("a handler gets its payload, and its result is returned as JSON", async () => {
  const host = await startHost();
  expect(await host.invoke("echo", { a: [1, "ü"], nothing: undefined })).toEqual({ a: [1, "ü"] });
  expect(await host.invoke("date", {})).toEqual({ at: "1970-01-01T00:00:00.000Z" });
  expect(await host.invoke("nothing", {})).toBeNull();
});

test("a handler gets a context with its name, a request id and the time that remains", async () => {
  const host = await startHost();
  const context = (await host.invoke("context", {}, 5000)) as Record<string, unknown>;
  expect(context).toMatchObject({
    functionName: "context",
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(context.remaining).toBeGreaterThan(0);
  expect(context.remaining).toBeLessThanOrEqual(5000);
});

test("the environment is the given one, without this process's own", async () => {
  process.env.LAMBDA_HOST_TEST_SECRET = "leak";
  try {
    const host = await startHost({ env: { TABLE_NAME: "relay" } });
    const environment = (await host.invoke("environment", {})) as Record<string, string>;
    expect(environment.TABLE_NAME).toBe("relay");
    expect(environment.PATH).toBe(process.env.PATH);
    expect(environment).not.toHaveProperty("LAMBDA_HOST_TEST_SECRET");
    expect(environment).not.toHaveProperty("NODE_ENV");
  } finally {
    delete process.env.LAMBDA_HOST_TEST_SECRET;
  }
});

test("an instance stays warm between calls, and each host has its own", async () => {
  const [one, other] = [await startHost(), await startHost()];
  expect(await one.invoke("count", {})).toBe(1);
  expect(await one.invoke("count", {})).toBe(2);
  expect(await other.invoke("count", {})).toBe(1);
});

describe("a kept thread", () => {
  const thread = async (host: LambdaHost) => ((await host.invoke("thread", {})) as { id: number }).id;

  test("serves the next host, which has its own environment and module instances", async () => {
    const first = await startHost({ keepThread: true, env: { TABLE_NAME: "first", ONLY_FIRST: "1" } });
    expect(await first.invoke("count", {})).toBe(1);
    const id = await thread(first);
    await first.close();
    const lines: string[] = [];
    const second = await startHost({
      keepThread: true,
      env: { TABLE_NAME: "second" },
      onLog: ({ line }) => lines.push(line),
    });
    expect(await thread(second)).toBe(id);
    expect(await second.invoke("count", {})).toBe(1);
    const environment = await second.invoke("environment", {});
    expect(environment).toMatchObject({ TABLE_NAME: "second" });
    expect(environment).not.toHaveProperty("ONLY_FIRST");
    await second.invoke("write", {});
    await second.close();
    expect(lines).toEqual(["one", "two", "half and half ü"]);
    await expect(second.invoke("count", {})).rejects.toThrow("closed");
  });

  test("serves the next host once nothing is being loaded for the former one", async () => {
    const first = await startHost({ keepThread: true, preload: ["slow"] });
    const id = await thread(first);
    await first.close();
    const second = await startHost({ keepThread: true });
    expect(await thread(second)).toBe(id);
    expect(await second.invoke("loads", {})).toEqual(["begun", "loaded"]);
  });

  test("is ended if one of its calls is still running, or if it has died", async () => {
    const first = await startHost({ keepThread: true });
    const id = await thread(first);
    await expect(first.invoke("hang", {}, 20)).rejects.toMatchObject({ name: "Sandbox.Timedout" });
    await first.close();
    const second = await startHost({ keepThread: true });
    expect(await thread(second)).not.toBe(id);
    await expect(second.invoke("exit", { code: 1 })).rejects.toMatchObject({ name: "Runtime.ExitError" });
    await second.close();
    const third = await startHost();
    expect(await third.invoke("count", {})).toBe(1);
  });
});

test("a thrown error rejects under its own name", async () => {
  const host = await startHost();
  await expect(host.invoke("fail", {})).rejects.toMatchObject({
    name: "TaskBusyError",
    message: "it works",
    trace: expect.arrayContaining([expect.stringContaining("fail.mjs")]),
  });
  await expect(host.invoke("fail-oddly", {})).rejects.toMatchObject({ name: "string", message: "just text" });
});

test("an unusable bundle is reported under Lambda's name for it", async () => {
  const host = await startHost();
  await expect(host.invoke("no-handler", {})).rejects.toMatchObject({ name: "Runtime.HandlerNotFound" });
  await expect(host.invoke("broken", {})).rejects.toMatchObject({ name: "Runtime.ImportModuleError" });
  await expect(host.invoke("unknown", {})).rejects.toMatchObject({
    name: "Lambda.ResourceNotFoundException",
  });
});

test("the output of handlers arrives line by line, before their results or the end of their process", async () => {
  const lines: LambdaLogLine[] = [];
  const host = await startHost({ onLog: (line) => lines.push(line) });
  await host.invoke("write", {});
  expect(lines).toEqual([
    { stream: "stdout", line: "one" },
    { stream: "stdout", line: "two" },
    { stream: "stderr", line: "half and half ü" },
  ]);
  await host.invoke("exit", { code: 1, words: "farewell" }).catch(() => {});
  expect(lines.at(-1)).toEqual({ stream: "stdout", line: "farewell" });
});

test("the output of a handler arrives while it waits", async () => {
  const host = await startHost({ onLog: ({ line }) => arrived(line) });
  let arrived: (line: string) => void = () => {};
  const line = new Promise<string>((resolve) => {
    arrived = resolve;
  });
  const ends = Promise.allSettled([host.invoke("write-and-hang", {})]);
  expect(await line).toBe("still here");
  await host.close();
  expect(await ends).toHaveLength(1);
});

test("a call that takes too long is a Sandbox.Timedout, and the host keeps working", async () => {
  const host = await startHost();
  await expect(host.invoke("hang", {}, 20)).rejects.toMatchObject({
    name: "Sandbox.Timedout",
    message: expect.stringContaining("Task timed out after 0.02 seconds"),
  });
  expect(await host.invoke("echo", 1)).toBe(1);
});

const uuid = "[0-9a-f-]{36}";
const crashed = (name: string, reason: string) => ({
  name,
  message: expect.stringMatching(new RegExp(`^RequestId: ${uuid} Error: ${reason}$`)),
});

describe("the end of a process", () => {
  test.each([
    ["exits with an error", "exit", { code: 3 }, "Runtime exited with error: exit status 3"],
    ["exits without one", "exit", { code: 0 }, "Runtime exited without providing a reason"],
  ])(
    "that %s fails the running calls, and the next call starts a new process",
    async (_how, name, event, reason) => {
      const host = await startHost();
      await host.invoke("count", {});
      const ends = await Promise.allSettled([host.invoke("hang", {}), host.invoke(name, event)]);
      expect(ends.map(reasonOf)).toEqual(ends.map(() => crashed("Runtime.ExitError", reason)));
      expect(await host.invoke("count", {})).toBe(1);
    },
  );

  test("by an uncaught error fails its own call with that error, and the others with an exit", async () => {
    for (const [name, error, exitStatus] of [
      ["throw", { name: "TaskBusyError", message: "nobody catches it" }, 129],
      ["reject", { name: "Runtime.UnhandledPromiseRejection", message: "Error: nobody waits for it" }, 128],
    ] as const) {
      const host = await startHost();
      const ends = await Promise.allSettled([host.invoke(name, {}), host.invoke("hang", {})]);
      const reason = `Runtime exited with error: exit status ${exitStatus}`;
      expect(ends.map(reasonOf)).toEqual([error, crashed("Runtime.ExitError", reason)]);
      expect(await host.invoke("echo", 1)).toBe(1);
    }
  });

  test("for lack of memory is a Runtime.OutOfMemory", async () => {
    const host = await startHost({ heapMb: 32 });
    const ends = await Promise.allSettled([host.invoke("grow", {})]);
    const killed = crashed("Runtime.OutOfMemory", "Runtime exited with error: signal: killed");
    expect(ends.map(reasonOf)).toEqual([killed]);
    expect(await host.invoke("echo", 1)).toBe(1);
  });
});

/** The name and message of a failed call's error, which a state machine sees. */
function reasonOf(end: PromiseSettledResult<unknown>): { name: string; message: string } | undefined {
  if (end.status === "fulfilled") return undefined;
  const { name, message } = end.reason as Error;
  return { name, message };
}

describe("a call's JSON", () => {
  test("may have 6 MB in a request", async () => {
    const host = await startHost();
    const text = (bytes: number) => "x".repeat(bytes - 2);
    expect(await host.invoke("echo", text(6_291_456))).toHaveLength(6_291_454);
    await expect(host.invoke("echo", text(6_291_457))).rejects.toMatchObject({
      name: "Lambda.RequestTooLargeException",
      message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    });
    // The limit is in bytes, not characters.
    await expect(host.invoke("echo", "ü".repeat(3_145_728))).rejects.toMatchObject({
      name: "Lambda.RequestTooLargeException",
    });
  });

  test("may have 6 MB in a response", async () => {
    const host = await startHost();
    expect(await host.invoke("long", { bytes: 6_291_556 })).toHaveLength(6_291_554);
    await expect(host.invoke("long", { bytes: 6_291_557 })).rejects.toMatchObject({
      name: "Function.ResponseSizeTooLarge",
      message: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    });
  });
});

test("closing rejects running calls and refuses new ones", async () => {
  const host = await startHost();
  const running = expect(host.invoke("hang", {})).rejects.toMatchObject({ name: "Runtime.ExitError" });
  await host.close();
  await running;
  await expect(host.invoke("echo", {})).rejects.toThrow("closed");
});

describe("an HTTP API in front of a function", () => {
  const module = new URL("../../../local/aws/api-gateway/http-api.mjs", import.meta.url).href;
  const failed = [500, '{"message":"Internal Server Error"}'];

  async function listening(functionName: string, options: Partial<IngressOptions> = {}) {
    const host = await startHost();
    const limit = new CallLimit(1);
    const all = { module, functionName, timeoutMs: 60_000, limit, patienceMs: 60_000, ...options };
    const ingress = await host.listen(all);
    const ask = async (body = "hello") => {
      const response = await fetch(ingress.url, { method: "POST", body });
      return [response.status, await response.text()];
    };
    return { host, ingress, limit, ask };
  }

  test("answers in the function's own thread, and reports how long each call took", async () => {
    const served: number[] = [];
    const { host, ask } = await listening("thread", { onServed: (ms) => served.push(ms) });
    expect(await ask()).toEqual([200, JSON.stringify(await host.invoke("thread", {}))]);
    await until(() => served.length === 1);
    expect(served[0]).toBeGreaterThan(0);
  });

  test("refuses an event that is too large for Lambda, and fails with a result that is", async () => {
    const { ask } = await listening("echo");
    expect(await ask('"'.repeat(3_200_000))).toEqual([413, '{"message":"Request Entity Too Large"}']);
    expect(await ask("x".repeat(5_500_000))).toEqual([200, expect.stringContaining("xxx")]);
    const long = await listening("long-answer");
    expect(await long.ask()).toEqual(failed);
  });

  test("gives up on a function that takes too long", async () => {
    const { ask } = await listening("hang", { timeoutMs: 20 });
    expect(await ask()).toEqual(failed);
  });

  test("fails the open requests if the process ends, and then listens on the same port again", async () => {
    const { host, ask } = await listening("count-or-exit");
    expect(await ask("count")).toEqual([200, "1"]);
    const open = [ask("hang"), ask("exit")];
    expect(await Promise.all(open)).toEqual([failed, failed]);
    const again = await until(() => ask("count").catch(() => undefined));
    expect(again).toEqual([200, "1"]);
    await host.close();
    await expect(ask("count")).rejects.toThrow();
  });

  test("lets a request wait while flows take all the room, and frees its room afterwards", async () => {
    const { ask, limit } = await listening("count");
    let end = () => {};
    const running = limit.call(() => new Promise<void>((resolve) => (end = resolve)));
    let isAnswered = false;
    const waiting = ask().then((answer) => {
      isAnswered = true;
      return answer;
    });
    await until(() => limit.load[0] === 2);
    expect(isAnswered).toBe(false);
    end();
    await running;
    expect(await waiting).toEqual([200, "1"]);
    await until(() => limit.load[0] === 0);
    expect(await ask()).toEqual([200, "2"]);
  });

  test("ends before the thread serves the next host; its port can be used again, but not twice at once", async () => {
    const first = await startHost({ keepThread: true });
    const options = {
      module,
      functionName: "count",
      timeoutMs: 60_000,
      limit: new CallLimit(1),
      patienceMs: 1,
    };
    const ingress = await first.listen(options);
    const port = Number(new URL(ingress.url).port);
    await expect(listening("count", { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
    await first.close();
    const second = await listening("count", { port });
    expect(await second.ask()).toEqual([200, "1"]);
    await second.ingress.close();
    await expect(second.ask()).rejects.toThrow();
    expect(await second.host.invoke("count", {})).toBe(2);
  });
});

async function until<T>(look: () => T | false | undefined | Promise<T | false | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise(setImmediate);
  }
}
