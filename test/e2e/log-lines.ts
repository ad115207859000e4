import { expect } from "@jest/globals";
import { flowNames } from "../../infra/definition/action-spec.js";
import { actionNames, pascalCase } from "../../infra/definition/actions.js";
import { readFlow } from "../../infra/definition/flow-source.js";
import type { FakeCoder } from "../../local/fake-coder/fake-coder.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";

/** The source of all flows. Actions that no flow calls have no execution. */
const flows = flowNames.map(readFlow).join();
const ofFlows: readonly string[] = actionNames.filter((name) => flows.includes(`\${${pascalCase(name)}Arn}`));

/** Shorter texts can occur by chance. */
const shortestText = 12;

/** Expects that each line that a system logged names what it is about, and that none holds a secret or a person's text. */
export function expectGoodLogs(logs: readonly string[], gitHub: FakeGitHub, coder: FakeCoder): void {
  const all = logs.join("\n");
  const secrets = [coder.token, gitHub.webhookSecret, "PRIVATE KEY", "ghs_", "sha256="];
  const texts = gitHub.deliveries.flatMap(({ payload }) => textsOf(payload));
  const logged = [...new Set([...secrets, ...texts])].filter((text) => all.includes(text));
  expect(logged).toEqual([]);
  const nameless = logs.filter((line) => line.startsWith("{")).filter((line) => !saysWhat(JSON.parse(line)));
  expect(nameless).toEqual([]);
}

/** The texts that people wrote, as JSON shows them. */
function textsOf(payload: unknown): string[] {
  const { issue, comment, review } = payload as Record<
    string,
    { title?: unknown; body?: unknown } | undefined
  >;
  return [issue?.title, issue?.body, comment?.body, review?.body]
    .filter((text) => typeof text === "string")
    .filter(({ length }) => length >= shortestText)
    .map((text) => JSON.stringify(text).slice(1, -1));
}

function saysWhat(line: Record<string, unknown>): boolean {
  const names = ["action", "function_request_id"];
  if (ofFlows.includes(`${line.action}`)) names.push("execution");
  return names.every((name) => typeof line[name] === "string");
}
