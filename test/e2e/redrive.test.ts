import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Fault } from "../../local/http/faults.js";
import { creation, deployments, ending } from "./deployments.js";
import { until, World } from "./support.js";

const deployment = deployments["Tasks of 2.34"];
const byRelay = "The relay tries it again by itself";

let world: World;
beforeAll(async () => {
  // The retries of an outage take a fraction of a second.
  world = await World.start({ coder: deployment.coder, timeScale: 0.0002 });
});
afterEach(() => world.coder.http.faults.clear());
afterAll(() => world.close());

/** As an operator calls it: without the wait. */
const redrive = () =>
  world.system.invoke("redrive", { early: true }) as Promise<{ redriven: number; waiting: number }>;

const failCoder = (fault: Fault = {}) =>
  world.coder.http.fail({ status: 502, ...fault, times: Number.POSITIVE_INFINITY });

test("runs that an outage of Coder has failed are redriven once Coder answers, and the one status comment follows", async () => {
  const issue = await world.openIssue();
  failCoder(creation);
  failCoder({ path: /buildinfo/ });
  await world.assign(issue);
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  // Coder is still down: no redrive is spent.
  expect(await redrive()).toEqual({ redriven: 0, waiting: 1 });
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: 1, waiting: 0 });
  await world.untilRunning(issue);
  await world.idle();

  failCoder();
  await world.gitHub.comment(issue, { by: "mona", body: "Use the new parser." });
  await world.idle();
  await world.gitHub.comment(issue, { by: "mona", body: "And the new printer." });
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  await world.idle();
  const failed = world.system.engine.list({ status: "FAILED" }).length;
  await until("each failed run waits for its redrive", async () => (await redrive()).waiting === failed);
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: failed, waiting: 0 });
  await world.untilRunning(issue);
  const agent = world.agentOf(issue);
  const told = () => agent.inputs.map(({ text }) => text).join("\n");
  await until("the agent has both", () => told().includes("And the new printer."));
  expect(told().match(/Use the new parser|And the new printer/g)).toEqual([
    "Use the new parser",
    "And the new printer",
  ]);
  await world.idle();

  failCoder(ending(deployment));
  await world.gitHub.closeIssue(issue, { by: "mona" });
  expect(await world.untilStatus(issue, byRelay)).toContain("has failed");
  world.coder.http.faults.clear();
  expect(await redrive()).toEqual({ redriven: 1, waiting: 0 });
  await world.untilStatus(issue, "Completed");
  const ends = await world.endsOf(issue);
  expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  expect(world.statusComments(issue)).toHaveLength(1);
});

test("a run that no outage has failed is left to operators", async () => {
  const issue = await world.openIssue();
  failCoder({ method: "POST", status: 403, body: { message: "Forbidden." } });
  await world.assign(issue);
  expect(await world.untilStatus(issue, "has failed")).toContain("An operator can redrive");
  expect(await redrive()).toEqual({ redriven: 0, waiting: 0 });
});
