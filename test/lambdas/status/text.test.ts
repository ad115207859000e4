import { describe, expect, test } from "@jest/globals";
import type { IssueSource, TaskPull, TaskRecord } from "../../../lambdas/model/record.js";
import { failureText } from "../../../lambdas/status/audience.js";
import { statusText } from "../../../lambdas/status/text.js";

const url = "https://github.com/octo/app/issues/1";
const source = (isPrivate: boolean): IssueSource => ({
  installation: 1,
  repository: { id: 7, owner: "octo", name: "app", private: isPrivate },
  issue: { number: 1, title: "t", url, comments: 0 },
});
const task = {
  backend: "tasks",
  owner: "mona-c",
  name: "gh-app-1",
  url: "https://coder.example.com/tasks/mona-c/5",
} as const;

function shown(record: Partial<TaskRecord>, { isPrivate = true } = {}): string {
  return statusText({ task, status: { state: "running" }, ...record }, source(isPrivate));
}
const reported = (report: string, options?: { isPrivate: boolean }) =>
  shown({ report }, options).split("\n").slice(6).join("\n");

describe("a quotation in the status comment", () => {
  test.each([
    [
      "plain text stays prose",
      "The agent says (working): I write tests, for now",
      "The agent says (working): I write tests, for now",
    ],
    ["a mention is code", "Last turn: asked @mona", "`Last turn: asked @mona`"],
    ["a mention of a team", "Ask @octo/team", "`Ask @octo/team`"],
    ["an issue number", "like #12 and GH-12", "`like #12 and GH-12`"],
    ["an issue of another repository", "see org/repo#1", "`see org/repo#1`"],
    ["a commit", "since 0123abc", "`since 0123abc`"],
    ["a word that looks like a commit", "it is defaced", "`it is defaced`"],
    ["a ticket", "for JIRA-7", "`for JIRA-7`"],
    ["an address", "at https://evil.example/x", "`at https://evil.example/x`"],
    ["an address without a scheme", "at www.evil.example", "`at www.evil.example`"],
    ["HTML", "an <img src=x>", "`an <img src=x>`"],
    ["Markdown with backticks", "a `b` [c](d)", "``a `b` [c](d)``"],
    [
      "a link to an issue of another repository",
      "Link: https://github.com/octo/other/issues/2",
      "`Link: https://github.com/octo/other/issues/2`",
    ],
    ["a link with more text after it", `Link: ${url} @mona`, `\`Link: ${url} @mona\``],
    ["a list", "1. one", "`1. one`"],
  ])("%s", (_, report, expected) => {
    expect(reported(report)).toBe(`> ${expected}`);
  });

  test.each([
    ["the agent's pull request", "Pull request #7 (open): https://github.com/octo/app/pull/7"],
    ["a page of the repository", "Link: https://github.com/octo/app/tree/fix"],
  ])("keeps a link that the relay makes: %s", (_, line) => {
    for (const isPrivate of [true, false]) expect(reported(line, { isPrivate })).toBe(`> ${line}`);
  });

  test("omits a pull request of another repository and its number, which would mean a different one here", () => {
    const line = "Pull request #7 (open): https://github.com/octo/secret/pull/7";
    for (const isPrivate of [true, false]) {
      expect(reported(line, { isPrivate })).toBe("> Pull request (open): in another repository");
    }
  });

  test("does not link an address outside of the repository", () => {
    const line = "Link: https://github.com/octo/app/../secret/pull/7";
    expect(reported(line)).toBe(`> \`${line}\``);
  });

  test("does not link an address outside of GitHub", () => {
    const line = "Pull request #7 (open): https://github.com.evil.example/octo/app/pull/7";
    expect(reported(line)).toBe("> Pull request (open): `https://github.com.evil.example/octo/app/pull/7`");
  });

  test("of a denial links its subject and nothing else", () => {
    const denial = `The agent did not get ${url}#issuecomment-3: ask @mona`;
    expect(shown({ status: { state: "running", denial } })).toContain(
      `> The agent did not get ${url}#issuecomment-3: \`ask @mona\``,
    );
  });

  test("is limited in length, even after escaping", () => {
    for (const text of ["\u200b".repeat(65_536), "#\n".repeat(40_000), "`".repeat(65_536)]) {
      const comment = shown({ report: text, status: { state: "running", detail: text, denial: text } });
      expect(comment.length).toBeLessThanOrEqual(65_536);
    }
  });
});

describe("the task's pull requests", () => {
  const pull = (number: number, state: TaskPull["state"], name = "app"): TaskPull => ({
    repository: { id: name === "app" ? 7 : 8, owner: "octo", name },
    number,
    url: `https://github.com/octo/${name}/pull/${number}`,
    state,
    updatedAt: "2026-11-22T10:00:00Z",
    learntBy: "a delivery",
    nodeId: "PR_1",
  });

  test("are linked with their states, in one line", () => {
    expect(shown({ pulls: [pull(7, "merged")] })).toContain(
      "\n\nPull request: [#7](https://github.com/octo/app/pull/7) (merged)",
    );
    expect(shown({ pulls: [pull(7, "closed"), pull(9, "draft", "docs")] })).toContain(
      "Pull requests: [#7](https://github.com/octo/app/pull/7) (closed), [octo/docs#9](https://github.com/octo/docs/pull/9) (draft)",
    );
  });

  test("are not shown a second time in the state that Coder last saw", () => {
    const report = [7, 8].map((number) => `Pull request #${number} (open): ${pull(number, "open").url}`);
    const text = shown({ pulls: [pull(7, "merged")], report: report.join("\n") });
    expect(text).not.toContain("#7 (open)");
    expect(text).toContain("#8 (open)");
  });
});

describe("in public", () => {
  const inPublic = { isPrivate: false };

  test("no address or host is shown, except for GitHub's and the task's link", () => {
    const report = `Last turn: see ${url} at https://wiki.corp.example/x, db.internal:5432, 10.0.0.7, mail@corp.example, coder.example.com`;
    const text = reported(report, inPublic);
    expect(text).toContain(url);
    expect(text).not.toMatch(/corp|internal|10\.0|coder\.example/);
    expect(reported(report)).toContain("db.internal:5432");
    expect(shown({}, inPublic)).toContain("[gh-app-1](https://coder.example.com/tasks/mona-c/5)");
  });

  test("no IP address is shown, of any version, whatever follows it", () => {
    const report =
      "The agent says: root@10.0.0.7:22 answers, 10.0.0.8, and (10.0.0.9) does not. Try 10.0.0.10.";
    expect(reported(report, inPublic)).toContain("does not");
    expect(reported(report, inPublic)).not.toMatch(/10\.0|root/);
    const newer = "The agent says: it runs on [fd12:3456:789a::1]:8080, 2001:db8:0:0:0:0:0:17, fe80::1%eth0.";
    expect(reported(newer, inPublic)).not.toMatch(/fd12|2001|fe80/);
  });

  test("the version of a package is shown, although it looks like an address", () => {
    const report =
      "The agent says: react@18.2.0, @types/node@20.1.0-rc.1, actions/checkout@v4.1.1, node@20.x, 1.2.3.4.5, std::map, at 20:01:17";
    expect(reported(report, inPublic)).toBe(reported(report));
  });

  test.each(["a@", "a.", "a-", "2001:", "1.", "a@1."])(
    "a report of 8,000 characters of %j is shown at once",
    (part) => {
      const start = performance.now();
      reported(part.repeat(8000 / part.length), inPublic);
      expect(performance.now() - start).toBeLessThan(5000);
    },
  );

  test("the agent's report shows no address of another repository", () => {
    const text = reported(
      "The agent says (idle): I opened https://github.com/octo/secret/pull/7 and https://github.com/octo/app-secret",
      inPublic,
    );
    expect(text).toContain("I opened");
    expect(text).not.toMatch(/secret/);
  });

  test("the reason of a failed turn is only on the task's page", () => {
    const report = "The last turn has failed (config): key sk-1 is not valid Look at the chat in Coder.";
    expect(reported(report, inPublic)).toMatch(
      /^> The last turn has failed\. The task's page in Coder says why/,
    );
    expect(reported(report)).toContain("sk-1");
  });

  test("an error's message is shown if it is about the requester alone", () => {
    const message = "Coder answered 403 to POST /api/v2/tasks/mona-c: Forbidden.";
    expect(failureText({ name: "CoderForbiddenError", message }, { private: true })).toBe(message);
    for (const name of [
      "CoderForbiddenError",
      "TextDeniedError",
      "TransientError",
      "Error",
      undefined,
      null,
    ]) {
      expect(failureText({ name, message }, { private: false })).not.toMatch(/403|api|mona-c|Forbidden/);
    }
    expect(failureText({ name: "NoCoderUserError", message: "mona has no user" }, { private: false })).toBe(
      "mona has no user",
    );
  });
});
