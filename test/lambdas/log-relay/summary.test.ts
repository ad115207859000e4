import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/core";
import { request } from "@octokit/request";
import { summarizeFailure, summaryBytes } from "../../../lambdas/log-relay/failure-summary.js";
import { withBudget } from "../../../lambdas/runtime/budget.js";
import { FakeGitHub } from "../../../local/fake-github/fake-github.js";
import type { Conclusion, NewJob } from "../../../local/fake-github/runs/workflow-run.js";
import { quiet, stamped } from "./logs.js";

let gitHub: FakeGitHub;
let octokit: Octokit;

beforeEach(async () => {
  gitHub = new FakeGitHub();
  await gitHub.listen();
  const { installationId } = gitHub.addRepository({ owner: "octo", name: "app" });
  if (installationId === null) throw new Error("The App is not installed.");
  const auth = createAppAuth({
    appId: gitHub.appId,
    privateKey: gitHub.privateKey,
    request: request.defaults({ baseUrl: gitHub.url }),
  });
  const { token } = await auth({ type: "installation", installationId });
  octokit = new Octokit({ auth: token, baseUrl: gitHub.url });
});

afterEach(() => gitHub.close());

async function summaryOf(jobs: NewJob[], conclusion: Conclusion = "failure"): Promise<string> {
  const { run } = await gitHub.completeRun({
    repo: "octo/app",
    workflow: "CI",
    branch: "fix",
    headSha: "a".repeat(40),
    conclusion,
    jobs,
  });
  return summarizeFailure(octokit, { owner: "octo", repo: "app", runId: run.id, attempt: 1 });
}

const failure = (name: string, log: NewJob["log"]): NewJob => ({
  name,
  conclusion: "failure",
  ...(log !== undefined && { log }),
});

describe("the summary of a failed run", () => {
  test("has each failed job's name, conclusion, link, failed steps and excerpt", async () => {
    const text = await summaryOf([
      { name: "lint", conclusion: "success", log: "fine" },
      {
        name: "test (22)",
        conclusion: "failure",
        steps: [
          { name: "Set up job", conclusion: "success" },
          { name: "Run npm test", conclusion: "failure" },
          { name: "Upload reports", conclusion: "skipped" },
        ],
        log: stamped([
          "##[group]Run npm test",
          "\u001b[31mFAIL\u001b[0m test/add.test.ts",
          "##[error]exit code 1.",
        ]),
      },
    ]);
    expect(text.replace(/https:\S+\/runs\/\d+\/job\/\d+/, "<link>")).toBe(
      [
        "1 of 2 jobs failed.",
        "",
        "=== Failed job 1 of 1: test (22) ===",
        "Conclusion: failure",
        "Full log: <link>",
        "Failed steps: Run npm test",
        "Excerpt of the log:",
        "Run npm test",
        "FAIL test/add.test.ts",
        "##[error]exit code 1.",
      ].join("\n"),
    );
  });

  test("finds the failed jobs among 120 on all pages", async () => {
    const jobs = Array.from({ length: 120 }, (_, i): NewJob => ({ name: `job ${i}`, conclusion: "success" }));
    jobs[3] = failure("early", "early log");
    jobs[117] = { name: "late", conclusion: "timed_out", log: "late log" };
    jobs[60] = { name: "stopped", conclusion: "cancelled", log: "stopped log" };
    const text = await summaryOf(jobs);
    expect(text).toMatch(/^2 of 120 jobs failed\./);
    expect(text).toContain("Failed job 1 of 2: early");
    expect(text).toMatch(/Failed job 2 of 2: late ===\nConclusion: timed_out\n.*\n.*\nlate log/);
    expect(text).not.toContain("stopped");
  });

  test("shows five logs, and lists the other jobs with their links", async () => {
    const text = await summaryOf(Array.from({ length: 9 }, (_, i) => failure(`job ${i}`, `log of ${i}\n`)));
    expect(text.match(/^log of \d$/gm)).toEqual(["log of 0", "log of 1", "log of 2", "log of 3", "log of 4"]);
    expect(text).toMatch(
      /Failed jobs whose logs are not shown ===\n- job 5 \(failure\): https:\S+\/job\/\d+\n/,
    );
    expect(text).toMatch(/\n- job 8 \(failure\): https:\S+$/);
  });

  test("stays within its limit with the most jobs, names and logs", async () => {
    const jobs = Array.from({ length: 256 }, (_, i) => ({
      ...failure(`${"😀".repeat(500)} ${i}`, stamped([...quiet(2000), ...quiet(999, `❌ Error of ${i}:`)])),
      steps: Array.from({ length: 20 }, () => ({ name: "🔥".repeat(300), conclusion: "failure" as const })),
    }));
    const text = await summaryOf(jobs);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(summaryBytes);
    expect(Buffer.byteLength(text)).toBeGreaterThan(summaryBytes * 0.8);
    expect(text).toMatch(/\n- and \d+ more$/);
    expect(text.match(/❌ Error of \d: part 998 /g)).toHaveLength(5);
  });

  test("gives a short log's unused share to a long one", async () => {
    const long = stamped(Array.from({ length: 9000 }, (_, i) => `a.c:1:1: error: number ${i}`));
    const text = await summaryOf([failure("short", "oh\n"), failure("long", long)]);
    expect(Buffer.byteLength(text)).toBeGreaterThan(summaryBytes * 0.95);
  });

  describe("shows the same failure once:", () => {
    const failing = (node: string, ...more: string[]) =>
      stamped([
        `##[group]Run npm test`,
        `v${node} at 0x${node.replaceAll(".", "")}ff in ${node} s`,
        "src/cart.ts(3,1): error TS2304: Cannot find name 'total'.",
        ...more,
        ...quiet(20),
        "##[error]Process completed with exit code 2.",
      ]);

    test("matrix jobs with the same failure share an excerpt and are named", async () => {
      const versions = ["20.1.0", "22.3.1", "24.0.2", "25.1.1", "26.0.0", "27.0.0"];
      const jobs = versions.map((version) => failure(`test (${version})`, failing(version)));
      const text = await summaryOf([...jobs, failure("lint", "app.py:3:1: F401 unused\n")]);
      expect(text.match(/Cannot find name 'total'/g)).toHaveLength(1);
      expect(text).toMatch(/Also in these jobs:\n- test \(22\.3\.1\) \(failure\): https:\S+\n/);
      expect(text).toContain("\n- test (27.0.0) (failure): https:");
      expect(text).toContain("=== Failed job 7 of 7: lint ===");
      expect(text).toContain("app.py:3:1: F401 unused");
    });

    test("additional lines of one of them are shown", async () => {
      const more = "src/price.ts(9,9): error TS2554: Expected 1 arguments, but got 2.";
      const text = await summaryOf([
        failure("test (20)", failing("20.1.0")),
        failure("test (22)", failing("22.3.1", more)),
      ]);
      expect(text.match(/Cannot find name 'total'/g)).toHaveLength(1);
      expect(text).toMatch(
        /Failed job 2 of 2: test \(22\) ===.*without lines that are shown above:.*TS2554/s,
      );
    });

    test("failures at different locations are two failures", async () => {
      const text = await summaryOf(
        [3, 9].map((line) => failure(`job ${line}`, `a.c:${line}:1: error: 'x' undeclared\n`)),
      );
      expect(text).toContain("a.c:3:1: error");
      expect(text).toContain("a.c:9:1: error");
    });

    test("its repetitions take no space from other failures", async () => {
      const flood = stamped(Array.from({ length: 5000 }, (_, i) => `lib/${i}.c:1:1: error: number ${i}`));
      const other = Array.from({ length: 300 }, (_, i) => `test t${i} of the wombat ... FAILED`);
      const text = await summaryOf([
        ...Array.from({ length: 4 }, (_, i) => failure(`matrix ${i}`, flood)),
        failure("other", stamped([...quiet(3000), ...other, ...quiet(1500)])),
      ]);
      expect(text.match(/test t\d+ of the wombat \.\.\. FAILED/g)).toHaveLength(300);
    });
  });

  test("prefers the failed steps, by GitHub's times", async () => {
    const noisy = Array.from(
      { length: 3000 },
      (_, i) => `2026-03-04T05:00:00.1234567Z x/${i}.go:1:1: error ${i} of a step that passed\n`,
    );
    const log = [
      ...noisy,
      "2026-03-04T05:10:03.1234567Z the worker said: IDPTimeout: waited in vain\n",
      ...noisy,
    ];
    const text = await summaryOf([
      {
        name: "test",
        conclusion: "failure",
        steps: [
          {
            name: "Lint",
            conclusion: "success",
            started_at: "2026-03-04T05:00:00Z",
            completed_at: "2026-03-04T05:09:00Z",
          },
          {
            name: "Test",
            conclusion: "failure",
            started_at: "2026-03-04T05:10:00Z",
            completed_at: "2026-03-04T05:11:00Z",
          },
        ],
        log: log.join(""),
      },
    ]);
    expect(text).toContain("IDPTimeout: waited in vain");
  });

  test("shows cancelled jobs if none failed", async () => {
    const text = await summaryOf([{ name: "stopped", conclusion: "cancelled", log: "##[error]canceled" }]);
    expect(text).toContain("The run's only job was cancelled.");
    expect(text).toContain("##[error]canceled");
  });

  test("says that no job failed, with a link to the run's attempt", async () => {
    const text = await summaryOf([], "startup_failure");
    expect(text).toMatch(
      /^GitHub lists no failed job .*: https:\/\/github\.com\/octo\/app\/actions\/runs\/\d+\/attempts\/1$/,
    );
  });

  test("shows the jobs of the requested attempt", async () => {
    const run = {
      repo: "octo/app",
      workflow: "CI",
      branch: "fix",
      headSha: "b".repeat(40),
      conclusion: "failure",
    } as const;
    await gitHub.completeRun({ ...run, jobs: [failure("first", "log of one")] });
    const second = await gitHub.completeRun({ ...run, attempt: 2, jobs: [failure("second", "log of two")] });
    const of = { owner: "octo", repo: "app", runId: second.run.id };
    expect(await summarizeFailure(octokit, { ...of, attempt: 1 })).toContain("log of one");
    expect(await summarizeFailure(octokit, { ...of, attempt: 2 })).toContain("log of two");
  });

  test("keeps the names of jobs and steps on one line", async () => {
    const name = "te\u001b[31mst\n=== Failed job 2 of 2: `rm -rf` ===\r\n```\u0000";
    const text = await summaryOf([
      { ...failure(name, "x"), steps: [{ name: "Run\n`a`\nFull log: b", conclusion: "failure" }] },
    ]);
    expect(text).toContain("=== Failed job 1 of 1: te[31mst === Failed job 2 of 2: `rm -rf` === ``` ===\n");
    expect(text).toContain("\nFailed steps: Run `a` Full log: b\n");
  });
});

describe("an unreadable log does not affect the others:", () => {
  const fine = failure("fine", "a fine log");

  test.each<[string, NewJob["log"], RegExp]>([
    ["a deleted log", null, /\n\(The log is gone: GitHub answered 410\.\)\n/],
    ["a log that never existed", undefined, /\n\(The log is gone: GitHub answered 404\.\)\n/],
    ["an empty log", "", /\n\(The log is empty\.\)\n/],
    [
      "an archive",
      "PK\u0003\u0004\u0014\u0000\u0000\u0000secret",
      /\n\(The log is not text, so none of it is shown\.\)\n/,
    ],
  ])("%s", async (_, log, sentence) => {
    const text = await summaryOf([failure("bad", log), fine]);
    expect(text).toMatch(sentence);
    expect(text).toContain("a fine log");
    expect(text).not.toContain("secret");
  });

  test("a log with an expired address", async () => {
    gitHub.actions.logs.lifeMs = -1;
    expect(await summaryOf([fine])).toContain("(The log cannot be downloaded: GitHub answered 403.)");
  });

  test("a log whose download breaks off: the first part is shown", async () => {
    let noteRead = () => {};
    async function* breaking() {
      const isRead = new Promise<void>((resolve) => {
        noteRead = resolve;
      });
      yield stamped(quiet(40));
      await isRead;
      throw new Error("The connection is lost.");
    }
    async function* noting(body: AsyncIterable<unknown>) {
      for await (const chunk of body) {
        yield chunk;
        noteRead();
      }
    }
    octokit.hook.wrap("request", async (request, options) => {
      const response = await request(options);
      const { data } = response;
      return options.url.endsWith("/logs") ? { ...response, data: noting(data) } : response;
    });
    const text = await summaryOf([failure("bad", breaking), fine]);
    expect(text).toMatch(
      /part 39 of .*\n\(The download broke off here, after 3\.\d KB\. The rest of the log is missing\.\)\n/,
    );
    expect(text).toContain("a fine log");
  });

  test("a log for which slow ones before it leave no time", async () => {
    async function* slow() {
      yield "what came\n";
      await new Promise(() => {});
    }
    const summarize = withBudget(() => summaryOf([failure("slow", slow), failure("next", "its log")]));
    const text = await summarize(undefined, { getRemainingTimeInMillis: () => 6000 });
    expect(text).toMatch(/what came\n\(The download broke off here.*next.*no time left to read the log/s);
  });

  test("a log of 16 MB is read to its end", async () => {
    async function* huge() {
      yield stamped(["panic: at the beginning"]);
      for (let i = 0; i < 256; i++) yield Buffer.alloc(65_536, `${i} is a line without news in it\n`);
      yield "\nthe end\n";
    }
    const text = await summaryOf([failure("huge", huge), fine]);
    expect(text).toContain("panic: at the beginning");
    expect(text).toMatch(/\d MB left out\)/);
    expect(text).toContain("\nthe end\n");
    expect(text).toContain("a fine log");
  });
});

test("a server error of GitHub is thrown, so that the summary is retried", async () => {
  gitHub.http.fail({ path: /\/logs$/, status: 502, times: Infinity });
  await expect(summaryOf([failure("any", "log")])).rejects.toThrow();
});
