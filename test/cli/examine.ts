import { expect } from "@jest/globals";
import { World } from "../e2e/support.js";
import { connect, relay } from "./support.js";

export interface Finding {
  check: string;
  verdict: "ok" | "fault" | "unknown";
  message: string;
  remedy?: string;
}

/** A system in which doctor finds nothing wrong. */
export async function wellSetUp(): Promise<World> {
  const world = await World.start();
  connect(world.system);
  world.coder.addTemplate({ name: "code-factory" });
  world.gitHub.repositories.get("octo/app").permissions.set(world.gitHub.agentLogin, "write");
  // GitHub sends a ping when an App is created. It is the only delivery without an effect.
  await world.gitHub.deliver("ping", { zen: "Keep it logically awesome.", hook_id: 1 });
  return world;
}

export async function examine(): Promise<{ code: number; findings: Finding[] }> {
  const { code, json } = await relay(["doctor", "--local", "--json"]);
  return { code, findings: json() as Finding[] };
}

/** Expects exactly the faults that these patterns describe, by check and message and in this order. */
export async function expectFaults(...expected: [check: string, message: RegExp][]): Promise<Finding[]> {
  const { code, findings } = await examine();
  const faults = findings.filter(({ verdict }) => verdict === "fault");
  expect(faults).toEqual(
    expected.map(([check, message]) =>
      expect.objectContaining({ check, message: expect.stringMatching(message), remedy: expect.any(String) }),
    ),
  );
  expect(code).toBe(6);
  return findings;
}
