import { SettingsError } from "../../infra/definition/settings.js";
import type { Deployment } from "../deployment/deployment.js";
import { wordsOf } from "../frame/exit.js";
import { coderChecks } from "./coder.js";
import { deploymentChecks } from "./deployment.js";
import { type Check, type CheckGroup, type Finding, unknown } from "./finding.js";
import { gitHubChecks } from "./github.js";
import { runChecks } from "./runs.js";

const groups: readonly CheckGroup[] = [deploymentChecks, gitHubChecks, coderChecks, runChecks];

/** Examines the deployment. The findings come as they are made, group by group. */
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

/** A check that can't be made is a finding too: what it needs is refused or doesn't answer. */
async function findings({ name: check, run }: Check, deployment: Deployment): Promise<Finding[]> {
  try {
    return (await run(deployment)).map((result) => ({ check, ...result }));
  } catch (error) {
    // They are a finding of their own.
    if (error instanceof SettingsError) return [{ check, ...unknown('not checked, because of "Settings"') }];
    const remedy = "Mend what the message names; docs/operations.md lists the errors and their usual causes.";
    return [{ check, verdict: "fault", message: wordsOf(error), remedy }];
  }
}
