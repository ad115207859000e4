import { SettingsError } from "../../infra/definition/settings.js";
import type { Deployment } from "../deployment/deployment.js";
import { wordsOf } from "../frame/exit.js";
import { coderChecks } from "./coder.js";
import { deploymentChecks } from "./deployment.js";
import { type Check, type CheckGroup, type Finding, unknown } from "./finding.js";
import { gitHubChecks } from "./github.js";
import { runChecks } from "./runs.js";

const groups: readonly CheckGroup[] = [deploymentChecks, gitHubChecks, coderChecks, runChecks];

/** Examines the deployment, and yields the findings group by group. */
export async function* examine(deployment: Deployment): AsyncGenerator<Finding> {
  for (const { gate, checks } of groups) {
    const first = await findings(gate, deployment);
    yield* first;
    const isShut = first.some(({ verdict }) => verdict !== "ok");
    for (const check of checks) {
      const skipped = { check: check.name, ...unknown(`not checked, because of "${gate.name}"`) };
      yield* isShut ? [skipped] : await findings(check, deployment);
    }
  }
}

/** A check that fails with an error is also a finding, because something that it needs is refused or doesn't answer. */
async function findings({ name: check, run }: Check, deployment: Deployment): Promise<Finding[]> {
  try {
    return (await run(deployment)).map((result) => ({ check, ...result }));
  } catch (error) {
    // The check of the settings reports these.
    if (error instanceof SettingsError) return [{ check, ...unknown('not checked, because of "Settings"') }];
    const remedy = "Fix what the message says; docs/operations.md lists the errors and their usual causes.";
    return [{ check, verdict: "fault", message: wordsOf(error), remedy }];
  }
}
