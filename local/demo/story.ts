import { setTimeout as sleep } from "node:timers/promises";
import type { FakeCoder } from "../fake-coder/fake-coder.js";
import type { FakeGitHub } from "../fake-github/fake-github.js";
import type { Delivery } from "../fake-github/webhooks/deliveries.js";
import { flowArn, type LocalSystem } from "../system/system.js";
import { agentsOf, type CoderApi } from "./agents.js";

const patienceMs = 20_000;

/** The system that the demo runs on, and its two fakes. */
export interface Stage {
  system: LocalSystem;
  gitHub: FakeGitHub;
  coder: FakeCoder;
  api: CoderApi;
}

/** One expectation. The demo stops at the first one that isn't met. */
export interface End {
  what: string;
  expected: unknown;
  actual: unknown;
}

/** One act: an action and the expectations after it. */
export interface Act {
  title: string;
  play(): Promise<readonly Delivery[]>;
  ends(): Promise<End[]>;
}

export interface Story {
  acts: Act[];
  /** The state of GitHub and Coder, line by line. */
  finalState(): { GitHub: string[]; Coder: string[] };
}

/** The life of one issue, in acts. */
export async function tellStory({ system, gitHub, coder, api }: Stage): Promise<Story> {
  const mona = gitHub.addUser({ login: "mona" });
  gitHub.addRepository({ owner: "octo", name: "parser", permissions: { mona: "write" } });
  coder.addUser({ username: "mona", githubId: mona.id });
  coder.addTemplate({
    name: "task-template",
    presets: [{ name: "small" }, { name: "large", default: true }],
  });
  const agents = agentsOf(coder, api);
  const title = "A trailing comma crashes the parser";
  const agent = {
    ...(api === "tasks"
      ? { name: "gh-parser-1", owner: "mona" }
      : { name: "octo/parser#1", owner: coder.bot.username }),
    prompt: "https://github.com/octo/parser/issues/1",
  };
  const { issue } = await gitHub.openIssue({ repo: "octo/parser", by: "mona", title, deliver: false });

  const { pull } = await gitHub.openPull({
    repo: "octo/parser",
    by: gitHub.agentLogin,
    head: "trailing-comma",
    title: "Accept one trailing comma",
    closes: [issue.number],
    deliver: false,
  });

  let known = 0;
  /** Checks that the agent got all of these texts. A task gets them in one message, a busy chat may queue several. */
  const told = async (words: string[]): Promise<End> => {
    const missing = () => words.filter((part) => !agents.inputs().slice(known).join("\n").includes(part));
    await eventually(() => missing().length === 0 || undefined);
    const actual = { messages: agents.inputs().length - known, missing: missing() };
    known = agents.inputs().length;
    return api === "tasks"
      ? { what: "the agent got everything, in one message", expected: { messages: 1, missing: [] }, actual }
      : { what: "the agent got everything", expected: [], actual: actual.missing };
  };
  /** Waits until all inputs are in the inbox, then lets the agent finish. */
  const waiting = async (count: number): Promise<End> => {
    const isIn = () => {
      const runs = system.engine.list({ stateMachineArn: flowArn("forward-comment"), status: "SUCCEEDED" });
      return runs.length === count || undefined;
    };
    const actual = (await eventually(isIn)) ?? false;
    agents.release();
    return { what: `the agent works, and ${count} inputs wait for it`, expected: true, actual };
  };
  const comments = () => gitHub.commentsOn(issue).map(({ body }) => body);
  const says = async (text: string): Promise<End> => {
    const found = await eventually(() => comments().find((body) => body.includes(text)));
    return { what: `the status comment says "${text}"`, expected: true, actual: found !== undefined };
  };
  const runs = async (count: number): Promise<End> => {
    // Executions of follow-task run for some time after a turn.
    const all = () =>
      system.engine.list().filter(({ stateMachineArn }) => stateMachineArn !== flowArn("follow-task"));
    const isOver = () => all().every(({ status }) => status !== "RUNNING");
    await eventually(() => isOver() || undefined);
    const actual = all().map(({ status }) => status);
    return { what: "every run has succeeded", expected: Array(count).fill("SUCCEEDED"), actual };
  };

  const acts: Act[] = [
    {
      title: `mona assigns octo/parser#1 to ${gitHub.agentLogin}`,
      play: async () => [await gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin })],
      ends: async () => [
        await says("is running"),
        {
          what: "Coder has one agent, and it works on the issue",
          expected: [agent],
          actual: agents.all().map(({ status: _, ...view }) => view),
        },
        await runs(1),
      ],
    },
    {
      title: "mona reviews the agent's pull request while the agent works, with three comments on its lines",
      play: () => {
        agents.hold();
        return gitHub.review(pull, {
          by: "mona",
          state: "changes_requested",
          body: "Nearly there.",
          comments: [
            { path: "src/parser.ts", line: 12, body: "This accepts two commas." },
            { path: "src/parser.ts", startLine: 30, line: 34, body: "Please give this a name." },
            { path: "test/parser.test.ts", line: 8, body: "And the empty list?" },
          ],
        });
      },
      ends: async () => [
        await waiting(4),
        await told(["Nearly there.", "src/parser.ts:12", "src/parser.ts:30-34", "And the empty list?"]),
        await runs(6),
      ],
    },
    {
      title: "CI fails on the pull request, with a log of 20,000 lines",
      play: async () => [
        await gitHub.completeRun({
          repo: "octo/parser",
          workflow: "CI",
          branch: "trailing-comma",
          headSha: pull.shas.at(-1) ?? "",
          conclusion: "failure",
          jobs: [
            {
              name: "test",
              conclusion: "failure",
              steps: [{ name: "npm test", conclusion: "failure" }],
              log: longLog(),
            },
          ],
        }),
      ],
      ends: async () => [
        await told(["npm test", "expected ',' but found ']'", "left out"]),
        await runs(8),
        // Only chats report the end of a turn.
        ...(api === "chats" ? [await says("waits for you")] : []),
      ],
    },
    {
      title: "Jenkins reports a failed build of the pull request's newest commit",
      play: async () => [
        await gitHub.setStatus({
          repo: "octo/parser",
          by: "mona",
          sha: pull.shas.at(-1) ?? "",
          context: "jenkins/build",
          state: "failure",
          description: "2 of 40 suites failed",
          targetUrl: "https://jenkins.example.com/job/parser/7/",
        }),
      ],
      ends: async () => [
        await told(["jenkins/build", "2 of 40 suites failed", "https://jenkins.example.com/job/parser/7/"]),
        await runs(10),
      ],
    },
    {
      title: "the base branch moves into conflict with the pull request",
      play: async () => {
        pull.hasConflict = true;
        return [
          await gitHub.push({ repo: "octo/parser", by: "mona", files: { "src/parser.ts": "rewritten" } }),
        ];
      },
      ends: async () => [
        await told(["Merge conflict of pull request octo/parser#2 with main", "resolve the conflicts"]),
        // The first push to the branch also syncs the config.
        await runs(14),
      ],
    },
    {
      title: "mona merges the pull request, which closes the issue",
      play: () => gitHub.closePull(pull, { by: "mona", merged: true }),
      ends: async () => [
        await says("Completed"),
        await says(`[#${pull.number}](https://github.com/octo/parser/pull/${pull.number}) (merged)`),
        { what: "the task is gone", expected: [], actual: agents.all().map(({ name }) => name) },
        { what: "the relay has posted one comment on the issue", expected: 1, actual: comments().length },
        await runs(16),
      ],
    },
  ];
  return {
    acts,
    finalState: () => ({
      GitHub: [
        `octo/parser#${issue.number} "${issue.title}" is ${issue.state}`,
        ...gitHub
          .commentsOn(issue)
          .flatMap(({ user, body }) => [`${user.login} says:`, ...visibleLines(body)]),
      ],
      Coder: [
        agents
          .all()
          .map(({ name, status }) => `${name} is ${status}`)
          .join(", ") || "no agent",
      ],
    }),
  };
}

/** A log as CI writes it, with a time stamp on every line and the cause far above the end. */
function longLog(): string {
  const lines = Array.from({ length: 20_000 }, (_, i) =>
    i === 9_000 ? "##[error]test/parser.test.ts(8,3): expected ',' but found ']'" : `compiled module ${i}`,
  );
  return lines.map((line) => `2026-01-01T00:00:00.0000000Z ${line}\n`).join("");
}

/** A comment's lines, without its hidden marker. */
function visibleLines(body: string): string[] {
  return body.split("\n").filter((line) => line !== "" && !line.startsWith("<!--"));
}

/** Polls `look` for twenty seconds. Returns `undefined` if it finds nothing. */
async function eventually<T>(look: () => T | undefined): Promise<T | undefined> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(10)) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
