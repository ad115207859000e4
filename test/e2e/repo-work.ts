import { randomUUID } from "node:crypto";
import { expect } from "@jest/globals";
import { flowArn } from "../local-system.js";
import type { World } from "./support.js";

/** Writes the text into `.code-factory/config.toml` of `octo/app`, without a delivery. */
export async function writeConfig(world: World, text: string, repo = "octo/app"): Promise<void> {
  const files = { ".code-factory/config.toml": text };
  await world.gitHub.push({ repo, by: "mona", files, deliver: false });
}

/** Starts a job of `octo/app` as EventBridge Scheduler does. */
export function fire(world: World, job: string, at: string): void {
  const { id, installationId } = world.gitHub.repositories.get("octo/app");
  const repository = { id, owner: "octo", name: "app", private: false };
  const event = {
    type: "job_due",
    delivery: at,
    at,
    installation: installationId,
    repository,
    job: { name: job },
  };
  world.system.engine.start(flowArn("create-task"), randomUUID(), JSON.stringify({ event }));
}

/** Waits for the end of all runs, which must have succeeded. */
export async function allWell(world: World): Promise<void> {
  const ends = await world.idle();
  expect(ends.map(({ status, cause }) => cause ?? status)).toEqual(ends.map(() => "SUCCEEDED"));
}
