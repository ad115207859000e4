import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseBranchPattern } from "../../../lambdas/config/branch-pattern.js";
import { matchingRule } from "../../../lambdas/config/failed-run-rules.js";
import { anyCharacter } from "../../any-character.js";
import { rule, settings } from "./files.js";

const list = (texts: readonly string[]) => `[${texts.map((text) => JSON.stringify(text)).join(", ")}]`;

/** Whether a rule with these patterns matches the branch. */
function letsIn(branches: readonly string[], branch: string): boolean {
  const { config } = settings(rule({ branches: list(branches) }));
  return matchingRule(config, { workflow: "CI", branch, event: "push" }) !== undefined;
}

describe("a pattern", () => {
  // The first group is GitHub's own table:
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#patterns-to-match-branches-and-tags
  const cases: [pattern: string, matches: string[], others: string[]][] = [
    ["feature/*", ["feature/my-branch", "feature/your-branch"], ["feature/a/b", "feature", "a/feature/b"]],
    [
      "feature/**",
      ["feature/beta-a/my-branch", "feature/your-branch", "feature/mona/the/octocat"],
      ["feat/a"],
    ],
    ["main", ["main"], ["Main", "main2", "a/main", "main/a"]],
    ["releases/mona-the-octocat", ["releases/mona-the-octocat"], ["releases/mona"]],
    ["*", ["main", "releases"], ["all/the/branches"]],
    ["**", ["all/the/branches", "every/tag", "main"], []],
    ["*feature", ["mona-feature", "feature", "ver-10-feature"], ["mona/feature", "feature-1"]],
    ["v2*", ["v2", "v2.0", "v2.9"], ["v1", "v2/a"]],
    ["v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.0", "v1..0", "v1.0.0a"]],

    ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a", "ab", "a/bb", "axb"]],
    ["a/**/[0-9]?x/**", ["a/x/", "a/7x/", "a/b/7x/c", "a/b/c/x/"], ["a/x", "a/77x/", "a/bx/"]],
    ["**/b", ["b", "a/b", "a/x/b"], ["ab", "b/a"]],
    ["a**b", ["ab", "a/x/b"], ["a", "abc"]],
    ["colou?r", ["color", "colour"], ["colouur", "colo"]],
    ["[ab]?c", ["c", "ac", "bc"], ["abc", "dc"]],
    ["go+d", ["god", "good", "goood"], ["gd"]],
    ["a.b", ["a.b"], ["axb"]],
    ["(a|b)$", ["(a|b)$"], ["a", "b"]],
    ["\\*", ["*"], ["a"]],
    ["a\\+b\\?", ["a+b?"], ["aab", "ab"]],
    ["\\!main", ["!main"], ["main"]],
    ["a!b", ["a!b"], ["ab"]],
    ["[A-Z]-[a-z0-9_.]", ["Q-7", "Q-_", "Q-."], ["q-7", "Q--"]],
    ["日本-?", ["日本", "日本-"], ["日"]],
    ["🐙?x", ["x", "🐙x"], ["🐙🐙x"]],
  ];
  test.each(cases)("%s matches the branches that it should, and no others", (pattern, matches, others) => {
    expect(matches.filter((branch) => !letsIn([pattern], branch))).toEqual([]);
    expect(others.filter((branch) => letsIn([pattern], branch))).toEqual([]);
  });

  test.each([
    ["["],
    ["[]"],
    ["[a"],
    ["[^a]"],
    ["[!a]"],
    ["[a/b]"],
    ["[a-]"],
    ["[c-a]"],
    ["[a-Z]"],
    ["?a"],
    ["+"],
    ["*?"],
    ["**+"],
    ["a??"],
    ["a\\"],
    ["!"],
  ])("that is invalid is a fault and matches nothing: %s", (pattern) => {
    const parsed = parseBranchPattern(pattern);
    expect(parsed).toEqual({ fault: expect.stringMatching(/^[^\n]{20,}\.$/) });
  });

  test("matches the same branches as the equivalent regular expression", () => {
    const piece = fc.constantFrom(
      ["*", "[^/]*"],
      ["**", "[^]*"],
      ["a", "a"],
      ["b?", "b?"],
      ["c+", "c+"],
      ["[ab]", "[ab]"],
      ["[a-c]+", "[a-c]+"],
      ["-", "-"],
    );
    const anyBranch = fc.string({ unit: fc.constantFrom("a", "b", "c", "-", "/"), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 5 }), anyBranch, (pieces, branch) => {
        const isStar = (index: number) => pieces[index]?.[0]?.startsWith("*") ?? false;
        fc.pre(!pieces.some((_, index) => isStar(index) && isStar(index + 1)));
        const text = pieces.map(([glob]) => glob).join("");
        const pattern = parseBranchPattern(text);
        const expression = new RegExp(`^${pieces.map(([, source]) => source).join("")}$`);
        expect("matches" in pattern && pattern.matches(branch)).toBe(expression.test(branch));
      }),
      { numRuns: 3000 },
    );
  });

  test("of any text is parsed and matched without an error", () => {
    const anyText = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: fc.constantFrom("*", "?", "+", "[", "]", "!", "\\", "-", "a", "/") }),
    );
    fc.assert(
      fc.property(anyText, anyText, (text, branch) => {
        const pattern = parseBranchPattern(text);
        if ("matches" in pattern) expect(typeof pattern.matches(branch)).toBe("boolean");
        else expect(pattern.fault).not.toBe("");
      }),
    );
  });

  test.each([
    ["stars", "*a".repeat(120)],
    ["double stars", "**a".repeat(80)],
    ["optional letters", `${"a?".repeat(120)}b`],
    ["repeated letters", "a+".repeat(120)],
  ])("with many %s is matched in reasonable time", (_, text) => {
    const pattern = parseBranchPattern(text);
    expect("matches" in pattern && pattern.matches(`${"a".repeat(255)}!`)).toBe(false);
  });
});

describe("several patterns", () => {
  test("are tried in order, and the last match decides", () => {
    const patterns = ["releases/**", "!releases/**-alpha", "releases/9-alpha"];
    expect(letsIn(patterns, "releases/10")).toBe(true);
    expect(letsIn(patterns, "releases/10-alpha")).toBe(false);
    expect(letsIn(patterns, "releases/9-alpha")).toBe(true);
    expect(letsIn(["!main", "main"], "main")).toBe(true);
    expect(letsIn(["main", "!main"], "main")).toBe(false);
    expect(letsIn(["**", "!main"], "other")).toBe(true);
  });
});

describe("the rule of a failed run", () => {
  const { config } = settings(
    rule({ workflows: list(["CI", "Nightly build"]), prompt_additions: '"first"' }) +
      rule({ workflows: list(["CI"]), branches: list(["**"]), prompt_additions: '"second"' }) +
      rule({ workflows: list([".github/workflows/deploy.yml"]) }),
  );
  const additionsFor = (workflow: string, branch: string) =>
    matchingRule(config, { workflow, branch, event: "push" })?.prompt_additions;

  test("is the first that names the workflow and includes the branch", () => {
    expect(additionsFor("CI", "main")).toBe("first");
    expect(additionsFor("Nightly build", "main")).toBe("first");
    expect(additionsFor("CI", "topic")).toBe("second");
    const deploy = { workflow: ".github/workflows/deploy.yml", branch: "main", event: "push" };
    expect(matchingRule(config, deploy)).toBeDefined();
  });

  test("is undefined if no rule matches; the name of the workflow must be identical", () => {
    for (const workflow of ["ci", "CI ", "C*", "Nightly", ""]) {
      expect(matchingRule(config, { workflow, branch: "main", event: "push" })).toBeUndefined();
    }
    const nightly = { workflow: "Nightly build", branch: "topic", event: "push" };
    expect(matchingRule(config, nightly)).toBeUndefined();
    const ci = { workflow: "CI", branch: "main", event: "push" };
    expect(matchingRule(settings("").config, ci)).toBeUndefined();
  });

  const started = (event: string | undefined, events?: string[]) => {
    const { config: own } = settings(rule(events ? { events: list(events) } : {}));
    return matchingRule(own, { workflow: "CI", branch: "main", event }) !== undefined;
  };

  test("includes by default only runs that people with write permission cause", () => {
    for (const event of ["push", "schedule", "merge_group", "workflow_dispatch"]) {
      expect([event, started(event)]).toEqual([event, true]);
    }
    const strangers = ["issue_comment", "pull_request_target", "issues", "workflow_run", "pull_request"];
    for (const event of [...strangers, undefined]) expect([event, started(event)]).toEqual([event, false]);
  });

  test("includes only runs of the events that it lists", () => {
    expect(started("issue_comment", ["issue_comment", "push"])).toBe(true);
    expect(started("push", ["issue_comment", "push"])).toBe(true);
    expect(started("issues", ["issue_comment", "push"])).toBe(false);
    expect(started("schedule", ["issue_comment", "push"])).toBe(false);
    expect(started(undefined, ["issue_comment", "push"])).toBe(false);
  });
});
