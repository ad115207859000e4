import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * `npm run demo`, without npm. Resolves to its output, with the warnings of all later versions of Node.js; rejects if it
 * does not exit with 0.
 */
const demo = (...args: string[]) => {
  const command = ["--pending-deprecation", "local/run.mjs", "demo", ...args];
  return promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 1 << 26 });
};

test.each(["tasks-2.30", "chats-2.35"])("the demo also succeeds with %s, without warnings", async (coder) => {
  const { stdout, stderr } = await demo("--json", `--coder=${coder}`);
  expect(stderr).toBe("");
  const { ok, ends } = JSON.parse(stdout);
  expect(ok).toBe(true);
  expect(ends.length).toBeGreaterThan(10);
});

test("the demo explains its options, and runs nothing", async () => {
  const usage = "usage: npm run demo -- [--json] [--coder=tasks|chats|tasks-2.30|chats-2.35]\n";
  expect(await demo("--help")).toEqual({ stdout: usage, stderr: "" });
});

test("the demo refuses an unknown --coder", async () => {
  await expect(demo("--coder=cups")).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--coder=tasks|chats|tasks-2.30|chats-2.35"),
  });
});
