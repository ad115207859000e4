import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { pathText } from "../../../lambdas/config/fault.js";
import { compose } from "../../../lambdas/inbox/message/compose.js";
import type { Input, Subject } from "../../../lambdas/inbox/message/input.js";
import {
  type BranchFailed,
  type JobDue,
  pullAsks,
  type TaskRequested,
} from "../../../lambdas/model/event.js";
import type { Plan } from "../../../lambdas/model/plan.js";
import { taskStates, type WorkSource } from "../../../lambdas/model/record.js";
import { workOf, workTitle } from "../../../lambdas/model/work.js";
import { statusText } from "../../../lambdas/status/text.js";
import { promptOf } from "../../../lambdas/tasks/prompt.js";
import { oneLine } from "../../../lambdas/text/clean.js";
import { codeSpan } from "../../../lambdas/text/code-span.js";
import { inert, inTitle } from "../../../lambdas/text/inert.js";
import { withEscapedInvisibles } from "../../../lambdas/text/invisible.js";
import { fits, limits } from "../../../lambdas/text/limits.js";
import {
  active,
  backtick,
  forms,
  hostile,
  hostileName,
  invisibleIn,
  lineEnd,
  withoutCode,
} from "./hostile.js";

const fence = new RegExp(`^ {0,3}(${backtick}{3,})`);
const fenceAlone = new RegExp(`^ {0,3}${backtick}+[ \\t]*$`);
const activeInPath = new RegExp(`${backtick}|[@<>]|#`);

/** The lines outside all fences, for a reader that takes every look-alike for a backtick. */
function saidIn(message: string): string[] {
  const said: string[] = [];
  let open = 0;
  for (const line of message.split(lineEnd)) {
    const run = fence.exec(line)?.[1]?.length ?? 0;
    if (open > 0) {
      if (run >= open && fenceAlone.test(line)) open = 0;
    } else if (run > 0) open = run;
    else said.push(line);
  }
  if (open > 0) throw new Error(`A fence is left open in ${JSON.stringify(message)}`);
  return said;
}

const reference = /\[\s*r\s*e\s*l\s*a\s*y\s*7\s*f\s*3\s*a\s*9\s*c\s*2\s*e\s*\]/gi;

const subject: fc.Arbitrary<Subject> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("issue" as const, "pull" as const),
    number: fc.nat(),
    url: hostile,
    repository: hostile,
  }),
  fc.record({ kind: fc.constant("branch" as const), name: hostile, url: hostile, repository: hostile }),
);
const base = { subject, url: hostile, at: hostile };
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record(
    {
      ...base,
      kind: fc.constantFrom("comment", "review_comment", "review", "job"),
      author: hostile,
      body: hostile,
      path: hostile,
      line: fc.nat(),
      reviewState: hostile,
      previousBody: hostile,
    },
    { requiredKeys: ["subject", "url", "at", "kind", "author", "body"] },
  ),
  fc.record(
    {
      ...base,
      kind: fc.constant("failure" as const),
      workflow: hostile,
      attempt: fc.nat(),
      branch: hostile,
      headSha: hostile,
      conclusion: hostile,
      text: hostile,
      additions: hostile,
    },
    {
      requiredKeys: [
        "subject",
        "url",
        "at",
        "kind",
        "workflow",
        "attempt",
        "branch",
        "headSha",
        "conclusion",
        "text",
      ],
    },
  ),
) as fc.Arbitrary<Input>;

const repository = fc.record({
  id: fc.constant(7),
  owner: hostileName,
  name: hostileName,
  private: fc.boolean(),
});
const origin = { delivery: fc.constant("d"), installation: fc.constant(1), repository, at: fc.constant("t") };
const run = fc.record({
  id: fc.constant(1),
  attempt: fc.constant(1),
  workflowId: fc.constant(2),
  workflow: hostileName,
  url: hostile,
  conclusion: hostile,
  branch: hostileName,
  headSha: hostile,
  headRepository: fc.constant({ id: 7, owner: "o" }),
  pulls: fc.constant<never[]>([]),
  actors: fc.constant<never[]>([]),
});
const requested = fc.record({
  ...origin,
  type: fc.constant("task_requested" as const),
  sender: fc.record({ id: fc.constant(1), login: hostile, type: fc.constant("User") }),
  issue: fc.record(
    {
      number: fc.constant(3),
      title: hostile,
      url: hostile,
      comments: fc.nat(),
      ask: fc.constantFrom(...pullAsks),
    },
    { requiredKeys: ["number", "title", "url", "comments"] },
  ),
}) as fc.Arbitrary<TaskRequested>;
const due = fc.record({
  ...origin,
  type: fc.constant("job_due" as const),
  job: fc.record({ name: hostileName }),
}) as fc.Arbitrary<JobDue>;
const failed = fc.record({
  ...origin,
  type: fc.constant("branch_failed" as const),
  run,
  text: hostile,
}) as unknown as fc.Arbitrary<BranchFailed>;
const plan: fc.Arbitrary<Plan> = fc.record({
  outcome: fc.constant("planned" as const),
  detail: fc.constant(""),
  requester: fc.record({ id: fc.constant(1), login: hostile, type: fc.constant("User") }),
  prompt: hostile,
  factory: fc.record({
    repo_url: fc.constant("https://github.com/octo/app"),
    repo_name: hostileName,
    base_branch: hostileName,
    ai_provider: fc.constant("codex" as const),
    size: fc.constant("small" as const),
    docker: fc.boolean(),
  }),
}) as fc.Arbitrary<Plan>;

const runs = { numRuns: 150 };

test.each([
  ["before a mark", "defaced\u0338Cut"],
  ["before a letter with an accent", "defaced\u017a"],
  ["before a full-width letter", "defaced\uff5a"],
  ["under an accent", "de\u0301faced"],
])("a commit %s is inline code", (_, word) => {
  expect(inert(word, 100)).toBe(`\`${word}\``);
});

describe.each(forms)("any text, read %s:", (_, read) => {
  test("a message has its reference once, at its end, and quoted text stays in its fence", () => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 1, maxLength: 3 }), hostile, (inputs, words) => {
        const instructions = { comment: words, failure: words, several: words };
        const { text, taken } = compose(inputs, { reference: "7f3a9c2e", instructions });
        expect(invisibleIn(text)).toEqual([]);
        const seen = read(text);
        expect(seen.match(reference)).toEqual(["[relay 7f3a9c2e]"]);
        expect(seen.endsWith("\n\n[relay 7f3a9c2e]")).toBe(true);
        // As many of the relay's own lines as in the unchanged message.
        expect(saidIn(seen).length).toBe(saidIn(text).length);
        expect(saidIn(seen).filter((line) => /^URL: /.test(line.normalize("NFKC")))).toHaveLength(taken);
      }),
      runs,
    );
  });

  test("a first prompt keeps every name on its line", () => {
    fc.assert(
      fc.property(fc.oneof(requested, due, failed), plan, (event, planned) => {
        const url = workOf(event, "https://github.com/octo/app").url;
        const prompt = promptOf(event, planned, url);
        expect(invisibleIn(prompt)).toEqual([]);
        const [head = ""] = read(prompt).split("\n\n");
        const isPull = event.type === "task_requested" && event.issue.ask !== undefined;
        const kind = isPull ? "PULL_REQUEST" : "ISSUE";
        const names = head.split(lineEnd).map((line) => /^[A-Z_]+(?=: )/.exec(line)?.[0]);
        expect(names).toEqual(
          {
            task_requested: [
              `${kind}_URL`,
              "REPO_OWNER",
              "REPO_NAME",
              `${kind}_NUMBER`,
              "BRANCH",
              "REQUESTER",
            ],
            job_due: ["JOB_URL", "JOB_NAME", "REPO_OWNER", "REPO_NAME", "BRANCH", "REQUESTER"],
            branch_failed: ["WORKFLOW_URL", "RUN_URL", "REPO_OWNER", "REPO_NAME", "BRANCH", "REQUESTER"],
          }[event.type],
        );
        expect(read(prompt).match(reference)).toBeNull();
        if (event.type === "branch_failed") {
          expect(saidIn(read(prompt)).length).toBe(saidIn(prompt).length);
        }
        const words = promptOf(event, { ...planned, factory: null }, url).split(lineEnd);
        expect(words).toHaveLength(isPull ? 3 : 1);
      }),
      runs,
    );
  });

  test("it is inert in the status comment", () => {
    const status = fc.record(
      { state: fc.constantFrom(...taskStates), detail: hostile, denial: hostile, reference: hostileName },
      { requiredKeys: ["state"] },
    );
    const task = fc.record({
      backend: fc.constant("tasks" as const),
      owner: hostile,
      name: hostile,
      url: fc.oneof(
        hostile.filter((url) => !/^https?:/i.test(url)),
        fc.constant("https://coder.example.com/tasks/mona/1"),
      ),
    });
    fc.assert(
      fc.property(status, task, hostile, fc.oneof(requested, due, failed), (status, task, report, event) => {
        const source = { ...event, repository: { id: 7, owner: "octo", name: "app", private: true } };
        for (const isPrivate of [true, false]) {
          source.repository.private = isPrivate;
          const text = statusText({ status, task, report }, source as WorkSource);
          expect(fits(text, limits.gitHub.body)).toBe(true);
          expect(invisibleIn(text)).toEqual([]);
          const [marker, ...lines] = read(text).split(lineEnd);
          expect(marker).toBe("<!-- coder-task-relay:status -->");
          expect(lines.filter((line) => active.test(withoutCode(withoutOwn(line))))).toEqual([]);
        }
      }),
      runs,
    );
  });

  test("names in titles, in lines of Markdown and in inline code are inert, and within their limits", () => {
    fc.assert(
      fc.property(hostile, fc.oneof(requested, due, failed), (text, event) => {
        for (const shown of [inert(text, 200), inTitle(text, 100, '"'), codeSpan(text, 100)]) {
          expect(invisibleIn(shown)).toEqual([]);
          expect(shown.split(lineEnd)).toHaveLength(1);
        }
        expect(withoutCode(read(inert(text, 200)))).not.toMatch(active);
        expect(withoutCode(read(codeSpan(text, 100)))).not.toMatch(active);
        expect(withoutCode(read(inTitle(text, 100)))).not.toMatch(/[@<>[\]`]|#\d|:\/\/|\bwww\.|\bgh-\d/i);
        const title = oneLine(workTitle(event), limits.coder.displayName);
        expect(Buffer.byteLength(title)).toBeLessThanOrEqual(64);
        expect(invisibleIn(title)).toEqual([]);
      }),
      runs,
    );
  });

  test("the path of a key in the config is inert", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hostileName, fc.nat(9)), { minLength: 1, maxLength: 3 }), (path) => {
        const shown = pathText(path);
        expect(invisibleIn(shown)).toEqual([]);
        expect(read(shown)).not.toMatch(activeInPath);
      }),
      runs,
    );
  });
});

test("JSON for a template keeps its value and has no invisible character", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const json = withEscapedInvisibles(JSON.stringify({ text }));
      expect(JSON.parse(json)).toEqual({ text });
      expect(invisibleIn(json)).toEqual([]);
    }),
  );
});

/** A line of the status comment without the Markdown that the relay adds on purpose. */
function withoutOwn(line: string): string {
  return line
    .replace(/^> ?/, "")
    .replace(/^Task: \[([\w-]+|`+.*`+|\(empty\))\]\(https:\/\/coder\.example\.com\/tasks\/mona\/1\)$/, "")
    .replace(/^<sub>(Reference for operators: .*)<\/sub>$/, "$1")
    .replace(/^The agent did not get https:\/\/github\.com\/octo\/app\/[\w./#-]+: /, "")
    .replace(/^Pull request( #\d+)?( \(open\))?: https:\/\/github\.com\/[\w-]+\/[\w-]+\/pull\/\d+$/, "")
    .replace(/^Link: https:\/\/github\.com\/octo\/app\/[\w./#-]+$/, "");
}
