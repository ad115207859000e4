import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { LambdaHost, type LambdaLogLine } from "../../local/lambda-host/lambda-host.js";

const sources = {
  echo: "export const handler = async (event) => event;",
  context: `export const handler = async (event, context) => ({
    functionName: context.functionName,
    awsRequestId: context.awsRequestId,
    remaining: context.getRemainingTimeInMillis(),
  });`,
  environment: "export const handler = async () => ({ ...process.env });",
  count: "let n = 0; export const handler = async () => ++n;",
  date: "export const handler = async () => ({ at: new Date(0), nothing: undefined });",
  nothing: "export const handler = async () => {};",
  fail: `class TaskBusyError extends Error { name = "TaskBusyError"; }
    export const handler = async () => { throw new TaskBusyError("it works"); };`,
  "fail-oddly": `export const handler = async () => { throw "just text"; };`,
  write: `export const handler = async () => {
    console.log("one\\ntwo"); process.stderr.write("half "); process.stderr.write("and half ü\\n"); };`,
  hang: "export const handler = () => new Promise(() => {});",
  exit: "export const handler = () => process.exit(3);",
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

async function startHost(
  options: { env?: Record<string, string>; onLog?: (line: LambdaLogLine) => void } = {},
) {
  const host = await LambdaHost.start({ bundles, env: {}, ...options });
  open.push(host);
  return host;
}

test("a handler gets its payload, and its result comes back as JSON", async () => {
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

test("the environment is the one that was given, without this process's own", async () => {
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

test("a thrown error rejects under its own name", async () => {
  const host = await startHost();
  await expect(host.invoke("fail", {})).rejects.toMatchObject({
    name: "TaskBusyError",
    message: "it works",
    trace: expect.arrayContaining([expect.stringContaining("fail.mjs")]),
  });
  await expect(host.invoke("fail-oddly", {})).rejects.toMatchObject({ name: "string", message: "just text" });
});

test("a bundle that cannot be used says so under Lambda's name for it", async () => {
  const host = await startHost();
  await expect(host.invoke("no-handler", {})).rejects.toMatchObject({ name: "Runtime.HandlerNotFound" });
  await expect(host.invoke("broken", {})).rejects.toMatchObject({ name: "Runtime.ImportModuleError" });
  await expect(host.invoke("unknown", {})).rejects.toMatchObject({
    name: "Lambda.ResourceNotFoundException",
  });
});

test("what handlers write arrives line by line", async () => {
  const lines: LambdaLogLine[] = [];
  let all: () => void = () => {};
  const arrived = new Promise<void>((resolve) => {
    all = resolve;
  });
  const host = await startHost({
    onLog: (line) => {
      lines.push(line);
      if (lines.length === 3) all();
    },
  });
  await host.invoke("write", {});
  await arrived;
  expect(lines.filter(({ stream }) => stream === "stdout").map(({ line }) => line)).toEqual(["one", "two"]);
  expect(lines.filter(({ stream }) => stream === "stderr").map(({ line }) => line)).toEqual([
    "half and half ü",
  ]);
});

test("a call that takes too long is a Sandbox.Timedout, and the host goes on", async () => {
  const host = await startHost();
  await expect(host.invoke("hang", {}, 20)).rejects.toMatchObject({
    name: "Sandbox.Timedout",
    message: expect.stringContaining("Task timed out after 0.02 seconds"),
  });
  expect(await host.invoke("echo", 1)).toBe(1);
});

test("a handler that ends its process fails the calls that run, and the next call starts anew", async () => {
  const host = await startHost();
  await host.invoke("count", {});
  const [hanging, exiting] = await Promise.allSettled([host.invoke("hang", {}), host.invoke("exit", {})]);
  expect(hanging).toMatchObject({ status: "rejected", reason: { name: "Runtime.ExitError" } });
  expect(exiting).toMatchObject({ reason: { message: "Runtime exited with error: exit status 3" } });
  expect(await host.invoke("count", {})).toBe(1);
});

test("closing rejects what still runs and refuses what comes", async () => {
  const host = await startHost();
  const running = expect(host.invoke("hang", {})).rejects.toMatchObject({ name: "Runtime.ExitError" });
  await host.close();
  await running;
  await expect(host.invoke("echo", {})).rejects.toThrow("closed");
});
