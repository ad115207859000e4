import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("./", import.meta.url);

/**
 * Fails a test run in which no e2e test took some edge of a state machine or used some permission of the GitHub App
 * (`test/e2e/taken.ts`). It checks that only if all e2e tests ran.
 */
export default class UnusedReporter {
  #error;

  async onRunComplete(_contexts, { testResults }) {
    if (!(await areAllIn(testResults))) return;
    const taken = await readTaken();
    if (!taken) return;
    const unused = [
      ...(await allEdges()).filter((edge) => !taken.edges.has(edge)),
      ...(await allPermissions()).filter((permission) => !taken.permissions.has(permission)),
    ];
    if (unused.length === 0) return;
    const list = unused.map((one) => `  ${one}`).join("\n");
    this.#error = new Error(`No e2e test takes or uses:\n${list}\nAdd one to test/e2e/.`);
    console.error(this.#error.message);
  }

  getLastError() {
    return this.#error;
  }
}

/** Whether all tests in all files of `test/e2e/` have passed. */
async function areAllIn(results) {
  const names = (await readdir(new URL("test/e2e/", root))).filter((name) => name.endsWith(".test.ts"));
  const whole = results
    .filter(({ numFailingTests, numPendingTests, testExecError }) => {
      return numFailingTests === 0 && numPendingTests === 0 && !testExecError;
    })
    .map(({ testFilePath }) => relative(fileURLToPath(new URL("test/e2e/", root)), testFilePath));
  return names.every((name) => whole.includes(name));
}

/** The records of all systems, or `undefined` if there are none. */
async function readTaken() {
  const folder = process.env.TEST_TAKEN ?? "";
  const names = await readdir(folder).catch(() => []);
  if (names.length === 0) return undefined;
  const files = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(folder, name), "utf8"))),
  );
  return {
    edges: new Set(files.flatMap(({ edges }) => edges)),
    permissions: new Set(files.flatMap(({ permissions }) => permissions)),
  };
}

async function allEdges() {
  const folder = new URL("statemachines/", root);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".asl.json"));
  const edges = names.map(async (name) => {
    const { States } = JSON.parse(await readFile(new URL(name, folder), "utf8"));
    const flow = name.replace(/\.asl\.json$/, "");
    return Object.entries(States).flatMap(([state, body]) =>
      targetsOf(body).map((target) => `${flow}: ${state} → ${target}`),
    );
  });
  return [...new Set((await Promise.all(edges)).flat())];
}

function targetsOf({ Type, Next, Default, End, Choices = [], Catch = [] }) {
  const ends = End === true || Type === "Succeed" ? ["end"] : [];
  const named = [Next, Default, ...[...Choices, ...Catch].map((one) => one.Next)];
  return [...ends, ...named.filter((target) => target !== undefined)];
}

/** The App's permissions, as requested by the manifest in the docs. */
async function allPermissions() {
  const page = await readFile(new URL("docs/github-app-setup.md", root), "utf8");
  const [, json] = /"default_permissions": (\{[^}]*\})/.exec(page);
  return Object.entries(JSON.parse(json)).map(([name, level]) => `${name}: ${level}`);
}
