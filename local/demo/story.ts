import { setTimeout as sleep } from "node:timers/promises";
import type { FakeCoder } from "../fake-coder/fake-coder.js";
import type { Delivery } from "../fake-github/deliveries.js";
import type { FakeGitHub } from "../fake-github/fake-github.js";
import type { LocalSystem } from "../system.js";

const patienceMs = 20_000;

/** The stage of the demo: a system with its two fakes. */
export interface Stage {
  system: LocalSystem;
  gitHub: FakeGitHub;
  coder: FakeCoder;
}

/** One thing that should be so. The demo ends with the first one that is not. */
export interface End {
  what: string;
  expected: unknown;
  actual: unknown;
}

/** One act: what somebody does, and what should be so afterwards. */
export interface Act {
  title: string;
  play(): Promise<Delivery>;
  ends(): Promise<End[]>;
}

export interface Story {
  acts: Act[];
  /** What stands in GitHub and in Coder, line by line. */
  finalState(): { GitHub: string[]; Coder: string[] };
}

/** The life of one issue, in acts. */
export async function tellStory({ system, gitHub, coder }: Stage): Promise<Story> {
  const mona = gitHub.addUser({ login: "mona" });
  gitHub.addRepository({ owner: "octo", name: "parser", permissions: { mona: "write" } });
  coder.addUser({ username: "mona", githubId: mona.id });
  coder.addTemplate({
    name: "task-template",
    presets: [{ name: "small" }, { name: "large", default: true }],
  });
  const title = "A trailing comma crashes the parser";
  const { issue } = await gitHub.openIssue({ repo: "octo/parser", by: "mona", title, deliver: false });

  const comments = () => gitHub.commentsOn(issue).map(({ body }) => body);
  const says = async (text: string): Promise<End> => {
    const found = await eventually(() => comments().find((body) => body.includes(text)));
    return { what: `the status comment says "${text}"`, expected: true, actual: found !== undefined };
  };
  const runs = async (count: number): Promise<End> => {
    const isOver = () => system.engine.list().every(({ status }) => status !== "RUNNING");
    await eventually(() => isOver() || undefined);
    const actual = system.engine.list().map(({ status }) => status);
    return { what: "every run has succeeded", expected: Array(count).fill("SUCCEEDED"), actual };
  };

  const acts: Act[] = [
    {
      title: `mona assigns octo/parser#1 to ${gitHub.agentLogin}`,
      play: () => gitHub.assign(issue, { by: "mona", assignee: gitHub.agentLogin }),
      ends: async () => [
        await says("is running"),
        {
          what: "Coder has one task, which works on the issue for mona",
          expected: [
            {
              name: "gh-parser-1",
              owner: "mona",
              input: "https://github.com/octo/parser/issues/1",
              status: "active",
            },
          ],
          actual: coder.tasks().map((task) => ({
            name: task.name,
            owner: task.owner,
            input: task.initialPrompt,
            status: task.status,
          })),
        },
        await runs(1),
      ],
    },
    {
      title: "mona closes the issue",
      play: () => gitHub.closeIssue(issue, { by: "mona" }),
      ends: async () => [
        await says("Completed"),
        { what: "the task is gone", expected: [], actual: coder.tasks().map(({ name }) => name) },
        { what: "the issue has one comment of the relay", expected: 1, actual: comments().length },
        await runs(2),
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
        coder
          .tasks()
          .map(({ name, status }) => `${name} is ${status}`)
          .join(", ") || "no task",
      ],
    }),
  };
}

/** A comment's lines, without its hidden mark. */
function visibleLines(body: string): string[] {
  return body.split("\n").filter((line) => line !== "" && !line.startsWith("<!--"));
}

/** What `look` finds within twenty seconds. */
async function eventually<T>(look: () => T | undefined): Promise<T | undefined> {
  for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(10)) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
}
