import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ClassicLevel } from "classic-level";
import type { HistoryEvent, StoredExecution } from "../../../local/engine/index.js";
import { lockFolder } from "../../../local/state/folder-lock.js";
import { openState, type State, type StateFolderError } from "../../../local/state/state.js";
import { Store } from "../../../local/state/store.js";

let folder = "";
const open: State[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "relay-state-"));
});
afterEach(async () => {
  for (const state of open.splice(0)) await state.close();
  await rm(folder, { recursive: true });
});

async function opened(path = folder): Promise<State> {
  const state = await openState(path, (error) => {
    throw error;
  });
  open.push(state);
  return state;
}

/** Closes the state and opens it again. */
async function reopened(): Promise<State> {
  await open.pop()?.close();
  return opened();
}

const arn = "arn:aws:states:us-east-1:000000000000:execution:flow:main";
const machine = { arn: arn.replace("execution", "stateMachine").replace(":main", ""), created: new Date(7) };
const execution: StoredExecution = {
  arn,
  machine: { ...machine, definition: "{}" },
  name: "main",
  input: "{}",
  startDate: new Date(8),
};
const event = (id: number): HistoryEvent => ({
  id,
  previousEventId: 0,
  timestamp: new Date(id),
  type: "ExecutionStarted",
  executionStartedEventDetails: { input: '{"timestamp":"a text, not a time"}' },
});

describe("the state", () => {
  test("of executions is restored as it was noted, with their events in order", async () => {
    const { executions } = await opened();
    executions.note(execution);
    const events = Array.from({ length: 12 }, (_, index) => event(index + 1));
    for (const each of events) executions.add(arn, each);
    const other = { ...execution, arn: `${arn}-2`, name: "main-2" };
    const end = { event: event(3), stateTransitions: 4, redriveDates: [new Date(9)] };
    executions.note({ ...other, end });
    const again = (await reopened()).executions;
    expect(await again.load()).toEqual([execution, { ...other, end }]);
    expect(again.events(arn)).toEqual(events);

    again.forget(arn);
    await again.stored();
    expect(await again.load()).toEqual([{ ...other, end }]);
    expect(again.events(arn)).toEqual([]);
  });

  test("of other services is restored as it was last put", async () => {
    const { secrets, schedules } = await opened();
    secrets.put("a", { value: 1 });
    secrets.put("a", { value: 2 });
    secrets.put("b", { value: 3 });
    secrets.delete("b");
    schedules.put("a", { value: 4 });
    const again = await reopened();
    expect(again.secrets.entries).toEqual([["a", { value: 2 }]]);
    expect(again.schedules.entries).toEqual([["a", { value: 4 }]]);
  });

  test("can be read only by this user", async () => {
    const path = join(folder, "new", "folder");
    await opened(path);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(path, "relay"))).mode & 0o777).toBe(0o700);
  });

  test("has all that was stored after a SIGKILL, and nothing of a batch that was cut off", async () => {
    const program = `
      import { openState } from ${JSON.stringify(new URL("../../../local/state/state.ts", import.meta.url).href)};
      const { secrets, stored } = await openState(${JSON.stringify(folder)}, () => {});
      secrets.put("kept", 1);
      await stored();
      secrets.put("cut", ["off", "x".repeat(1000)]);
      secrets.put("off", 2);
      await stored();
      console.log("stored");
      setInterval(() => {}, 1000);`;
    const file = join(folder, "program.mts");
    await writeFile(file, program);
    const child = spawn(process.execPath, ["--import", "tsx", file], {
      cwd: new URL("../../..", import.meta.url),
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    const torn = join(folder, "torn");
    await cp(join(folder, "relay"), join(torn, "relay"), { recursive: true });
    await tearLastWrite(join(torn, "relay"));
    expect((await opened()).secrets.entries.map(([key]) => key)).toEqual(["cut", "kept", "off"]);
    expect((await opened(torn)).secrets.entries).toEqual([["kept", 1]]);
  });

  /** Cuts off the end of LevelDB's last write, as a power failure may do. */
  async function tearLastWrite(path: string): Promise<void> {
    const logs = (await readdir(path)).filter((name) => name.endsWith(".log"));
    for (const name of logs) {
      const { size } = await stat(join(path, name));
      if (size > 0) await truncate(join(path, name), size - 5);
    }
  }
});

describe("a folder is refused, with a remedy, if", () => {
  const refusal = (path = folder) =>
    openState(path, () => {}).then(
      () => "",
      ({ name, message }: StateFolderError) => `${name}: ${message}`,
    );

  test("another process uses it", async () => {
    await opened();
    expect(await refusal()).toBe(
      `StateFolderError: LOCAL_STATE_DIR=${folder}: another process uses this folder; stop it, or name another folder`,
    );
  });

  test("a newer version has written it", async () => {
    await opened();
    await open.pop()?.close();
    const level = new ClassicLevel(join(folder, "relay"));
    await level.put("format", "2");
    await level.close();
    expect(await refusal()).toMatch(
      /a newer version .* \(format 2, expected 1\); start that version, or name/,
    );
    await level.open();
    expect(await level.get("format")).toBe("2");
    await level.close();
  });

  test.each([
    ["it is a file", "file"],
    ["it is below a file", "file/a/b"],
    ["one of its own folders is a file", "own"],
    ["its name is too long", "x".repeat(300)],
    ["it is below a link that leads nowhere", "link/a"],
  ])("%s", async (_, path) => {
    await writeFile(join(folder, "file"), "");
    await mkdir(join(folder, "own"));
    await writeFile(join(folder, "own", "table"), "");
    await symlink(join(folder, "nowhere"), join(folder, "link"));
    expect(await refusal(join(folder, path))).toMatch(
      /LOCAL_STATE_DIR=.*: the folder can't be opened: .* Expected a folder that .* name another one/,
    );
  });

  test("it is damaged", async () => {
    const { secrets } = await opened();
    secrets.put("a", 1);
    await open.pop()?.close();
    const path = join(folder, "relay");
    for (const name of await readdir(path)) {
      if (name.startsWith("MANIFEST")) await writeFile(join(path, name), "nonsense");
    }
    expect(await refusal()).toMatch(/the folder is damaged: .* Restore it from a back-up/);
  });
});

test("of two processes that start at the same moment, one gets a folder; it is free once that has been killed", async () => {
  const file = join(folder, "program.mts");
  await writeFile(
    file,
    `import { takeFolder } from ${JSON.stringify(new URL("../../../local/system/connection.ts", import.meta.url).href)};
    console.log("ready");
    process.stdin.once("data", async () => {
      const taken = await Promise.all(
        Array.from({ length: 8 }, (_, index) => takeFolder(${JSON.stringify(folder)} + "/" + index)),
      );
      console.log(JSON.stringify(taken.map((lock) => lock !== undefined)));
    });`,
  );
  const both = [0, 1].map(() =>
    spawn(process.execPath, ["--import", "tsx", file], {
      cwd: new URL("../../..", import.meta.url),
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  try {
    await Promise.all(both.map(({ stdout }) => once(stdout, "data")));
    const answers = Promise.all(both.map(({ stdout }) => once(stdout, "data")));
    for (const { stdin } of both) stdin.write("go\n");
    const [one = [], other = []] = (await answers).map(([text]) => JSON.parse(`${text}`) as boolean[]);
    expect(other).toEqual(one.map((isTaken) => !isTaken));
  } finally {
    for (const child of both) child.kill("SIGKILL");
    await Promise.all(both.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
  }
  const lock = await lockFolder(join(folder, "0"));
  expect(lock).toBeDefined();
  await lock?.release();
});

test("a full disk is reported once; nothing after that counts as stored", async () => {
  let isFull = false;
  const batch = async () => {
    if (isFull) throw new Error("No space left on device");
  };
  const level = { batch } as unknown as ClassicLevel;
  const failures: string[] = [];
  const store = new Store(level, ({ message }) => failures.push(message));
  store.put("a", 1);
  await store.stored();
  isFull = true;
  store.put("b", 2);
  let isStored = false;
  void store.stored().then(() => {
    isStored = true;
  });
  store.put("c", 3);
  await new Promise((resolve) => setTimeout(resolve, 20));
  store.put("d", 4);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect([failures, isStored]).toEqual([["No space left on device"], false]);
});
