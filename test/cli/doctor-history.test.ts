import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { World } from "../e2e/support.js";
import { expectFaults, wellSetUp } from "./examine.js";

let world: World;
beforeAll(async () => {
  world = await wellSetUp();
});
afterAll(() => world.close());

test("doctor finds and names failed runs and deliveries that weren't accepted", async () => {
  const { engine } = world.system;
  const [machine] = engine.machines().filter(({ arn }) => arn.endsWith("-relay-failure"));
  engine.start(machine?.arn ?? "", "relay-failure-app-1-0", "{}");
  await world.idle();
  const { hook } = world.gitHub.auth.app;
  const { url } = hook;
  hook.url = `${world.system.api.url}/elsewhere`;
  expect((await world.gitHub.deliver("push", {})).status).toBe(404);
  hook.url = url;
  await expectFaults(
    ["Deliveries", /of the last \d+ deliveries of a day, 1 were never accepted/],
    ["Failed", /1 runs within a day/],
  );
});
