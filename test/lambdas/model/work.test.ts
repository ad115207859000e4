import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { taskKey, type WorkSource } from "../../../lambdas/model/record.js";
import { taskNames } from "../../../lambdas/model/task-name.js";
import { workName, workOf, worksNamedIn } from "../../../lambdas/model/work.js";

const page = "https://github.com/octo/app";
const repository = { id: 7, owner: "octo", name: "app", private: false };
const job = (name: string): WorkSource => ({ installation: 1, repository, job: { name } });
const failing = (branch: string, workflowId = 70): WorkSource => ({
  installation: 1,
  repository,
  run: {
    id: 1,
    attempt: 1,
    workflowId,
    workflow: "CI",
    url: `${page}/actions/runs/1`,
    conclusion: "failure",
    branch,
    headSha: "a".repeat(40),
    headRepository: { id: 7, owner: "octo" },
    pulls: [],
  },
});
const names = (source: WorkSource) => taskNames("gh", workName(source));

describe("work without an issue", () => {
  test.each([
    ["a job", job("Nightly updates (all) of <this>")],
    ["a branch", failing("release/1.0#b")],
  ])("is found by its URL in a text: %s", (_, source) => {
    const { url, work } = workOf(source, page);
    expect(worksNamedIn(`This mends [the thing](${url}), and ${url}.`, page)).toContain(work);
    expect(worksNamedIn(`> ${url}\n`, page)).toEqual([work]);
    expect(worksNamedIn(url, "https://github.com/octo/other")).toEqual([]);
  });

  test("can be searched for in any text without an error", () => {
    const parts = fc.constantFrom(
      `${page}/actions?query=branch%3A`,
      `${page}/blob/HEAD/.code-factory/config.toml#`,
      "%",
      "#",
      "x",
      "7",
    );
    fc.assert(fc.property(fc.array(parts), (text) => Array.isArray(worksNamedIn(text.join(""), page))));
  });

  test("has a separate key for each job, and for each workflow and branch", () => {
    const sources = [job("a"), job("b"), failing("a"), failing("b"), failing("a", 71)];
    expect(new Set(sources.map((source) => taskKey(source).work)).size).toBe(sources.length);
  });

  test("is named after its job, or its branch with a hash", () => {
    expect(names(job("nightly"))[0]).toBe("gh-app-nightly");
    expect(names(job("nightly sweep"))).toEqual([expect.stringMatching(/^gh-app-[0-9a-z]{6}-nightly-swee$/)]);
    expect(names(failing("main"))).toEqual([expect.stringMatching(/^gh-app-[0-9a-z]{6}-main$/)]);
    // Two workflows of the same name.
    expect(names(failing("main", 71))).not.toEqual(names(failing("main")));
  });

  test("never has the name of an issue's task", () => {
    expect(names(job("42"))).not.toContain("gh-app-42");
  });
});
