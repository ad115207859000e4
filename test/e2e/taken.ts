import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { HistoryEvent } from "../../local/engine/history.js";
import type { Engine } from "../../local/engine/index.js";
import type { FakeGitHub } from "../../local/fake-github/fake-github.js";
import { flowOf } from "../local-system.js";

/** What the e2e tests have covered. `jest.reporter.mjs` reports the rest. */
export interface Taken {
  /** Transitions of the state machines, `<flow>: <state> → <state>`; the end is `end`. */
  edges: string[];
  /** The permissions of the GitHub App that requests needed, `issues: write`; alternatives if one of several suffices. */
  permissions: string[];
}

/** Records what a system has covered in its own file, which is read at the end of the test run. */
export async function noteTaken(engine: Engine, gitHub: FakeGitHub): Promise<void> {
  const folder = process.env.TEST_TAKEN;
  if (folder === undefined) return;
  const edges = engine
    .list()
    .flatMap(({ executionArn, stateMachineArn }) =>
      edgesOf(engine.history(executionArn)).map((edge) => `${flowOf(stateMachineArn)}: ${edge}`),
    );
  const taken: Taken = { edges: [...new Set(edges)], permissions: [...gitHub.auth.taken] };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${randomUUID()}.json`), JSON.stringify(taken));
}

function edgesOf(history: readonly HistoryEvent[]): string[] {
  const edges: string[] = [];
  let from: string | undefined;
  for (const { type, stateEnteredEventDetails: entered, stateExitedEventDetails: exited } of history) {
    const to = type === "ExecutionSucceeded" ? "end" : entered?.name;
    if (from !== undefined && to !== undefined) edges.push(`${from} → ${to}`);
    if (entered) from = undefined;
    if (exited) from = exited.name;
  }
  return edges;
}
