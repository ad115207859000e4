import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { FakeTask } from "../../local/fake-coder/tasks/fake-task.js";
import { bundles } from "../bundles.js";
import { deployments } from "./deployments.js";
import { until, World } from "./support.js";

/**
 * A busy agent is observed 308 times a day. After an observation that has found it busy for long, the next nine repeat its
 * error without asking Coder.
 */
const repeating = (path: string) => `
const { handler: observe } = await import("${pathToFileURL(path)}" + new URL(import.meta.url).search);
const known = new Map();
export async function handler(input, ...rest) {
  const asked = JSON.stringify({ ...input, retries: 0 });
  const busy = known.get(asked);
  if (busy && busy.left-- > 0) throw busy.error;
  try {
    return await observe(input, ...rest);
  } catch (error) {
    if (error.name === "AgentStillBusyError") known.set(asked, { error, left: 9 });
    throw error;
  }
}`;

let folder = "";
let world: World;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "relay-long-wait-"));
  const own = { ...bundles };
  for (const action of ["send-inbox", "pause-task"] as const) {
    own[action] = join(folder, `${action}.mjs`);
    await writeFile(own[action], repeating(bundles[action]));
  }
  // A day of waiting takes some seconds.
  world = await World.start({
    bundles: own,
    coder: deployments["Tasks of 2.34"].coder,
    timeScale: 0.00002,
  });
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

test("the relay waits for an agent that is busy for days, and the issue says so after the first day; a merge that leaves the issue open does not pause it", async () => {
  const issue = await world.runningIssue();
  const task = world.agentOf(issue) as FakeTask;
  const { gitHub } = world;
  const { pull } = await gitHub.openPull({
    repo: "octo/app",
    by: gitHub.agentLogin,
    head: "fix",
    base: "next",
    body: `Part of #${issue.number}`,
  });
  await world.untilStatus(issue, "(open)");
  task.holdBusy();
  await gitHub.closePull(pull, { by: "mona", merged: true });
  await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  expect(await world.untilStatus(issue, "for more than a day")).toMatch(/agent is running.*A message waits/s);
  await until("two drains have waited for a day each", () => world.executions("drain-inbox").length > 2);
  expect(task.inputs).toEqual([]);

  task.release();
  await until("the agent gets the message", () => task.inputs.length > 0);
  expect(task.inputs.map(({ text }) => text)).toEqual([expect.stringContaining("Use the new parser.")]);
  await until("the status comment is as before", () =>
    world.statusComments(issue).every((body) => !body.includes("a day")),
  );
  const ends = (await world.idle()).filter(({ name }) => name.startsWith("track-pull"));
  expect(ends.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  expect(task.status).toBe("active");
  const drains = world.executions("drain-inbox");
  expect(drains.map(({ status }) => status)).toEqual(drains.map(() => "SUCCEEDED"));
  for (const { executionArn } of drains) {
    expect(world.system.engine.history(executionArn).length).toBeLessThan(6000);
  }
});
