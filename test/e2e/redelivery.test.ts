import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { until, World } from "./support.js";

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.close());

const redeliver = () => world.system.invoke("redeliver", {});

test("what people did while the webhook was unreachable takes effect afterwards, once and in order", async () => {
  const issue = await world.runningIssue();
  // GitHub is still sending deliveries about the status comment.
  await world.idle();
  const { webhookUrl } = world.gitHub;
  world.gitHub.webhookUrl = "http://127.0.0.1:1/webhooks/github";
  const later = await world.openIssue("Opened meanwhile");
  for (const body of ["First word.", "Second word."]) {
    await world.gitHub.comment(issue, { by: "mona", body });
  }
  await world.assign(later);
  expect(await redeliver()).toEqual({ outcome: "waiting", redelivered: 0, givenUp: 0 });
  expect(world.agentsFor(later)).toEqual([]);

  world.gitHub.webhookUrl = webhookUrl;
  expect(await redeliver()).toEqual({ outcome: "done", redelivered: 3, givenUp: 0 });
  await world.untilRunning(later);
  const agent = world.agentOf(issue);
  const told = () => agent.inputs.map(({ text }) => text).join("\n");
  await until("the agent has both", () => told().includes("Second word."));
  expect(told().match(/(First|Second) word\./g)).toEqual(["First word.", "Second word."]);
  expect(await redeliver()).toEqual({ outcome: "done", redelivered: 0, givenUp: 0 });
  expect(world.agentsFor(later)).toHaveLength(1);
  for (const each of [issue, later]) {
    const ends = await world.endsOf(each);
    expect(ends).toEqual(ends.map(() => "SUCCEEDED"));
  }
});

test("Scheduler calls redeliver", async () => {
  const other = await World.start({ recurring: true });
  try {
    const path = "/app/hook/deliveries";
    await until("the list is read", () => other.gitHub.http.calls.some((call) => call.path === path));
  } finally {
    await other.close();
  }
});
