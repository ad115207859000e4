import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { issueInBranch, ownWords, referencesIn } from "../../../lambdas/tasks/references.js";

const page = "https://github.com/octo/app";
const named = (text: string) =>
  referencesIn(text, page).map(({ repository, issue }) =>
    repository ? `${repository.owner}/${repository.name}#${issue}` : issue,
  );

describe("the issues that a text names", () => {
  test.each<[string, (number | string)[]]>([
    ["Part of #57: moves the build to the new runtime.", [57]],
    ["(#57), #58; and #59.", [57, 58, 59]],
    ["See GH-57.", [57]],
    ["octo/app#57 and Octo/App#58", [57, 58]],
    ["octo/lib#57", ["octo/lib#57"]],
    [`${page}/issues/57`, [57]],
    [`[this](${page}/issues/57#issuecomment-99)`, [57]],
    ["https://github.com/octo/lib/issues/57.", ["octo/lib#57"]],
    ["First #12, though it fixes #57", [57, 12]],
    ["Resolves: octo/lib#3, see #57", ["octo/lib#3", 57]],
    ["Follows #12. Part of #57", [57, 12]],
    ["Like #12, for the issue #57, and fixes: #3", [3, 57, 12]],
    ["Therefore #12, refs: GH-57", [57, 12]],
    ["Like #12. **Fixes:** #57", [57, 12]],
    [`Like #12. Fixes [#57](${page}/issues/57)`, [57, 12, 57]],
    ["Like #12. Part of **#57**", [57, 12]],
    ["Like #12. Fixes issue #57", [57, 12]],
    ["Like #12. Closes the issue #57.", [57, 12]],
    ["Like #12. Fixes (#57)", [57, 12]],
    [`Like #12. Fixes <${page}/issues/57>`, [57, 12]],
    ["Like #12.\n\nCloses:\n- #57\n- #58", [57, 12, 58]],
    ["Like #12. Solves #57", [57, 12]],
    ["Like #12, addressing #57", [57, 12]],
    ["Like #12. Implementation of #57", [57, 12]],
    ["Like #12. Works on #57", [57, 12]],
    ["Like #12.\n\nIssue: #57", [57, 12]],
    ["Like #12.\n\n## Linked issue\n\n#57", [57, 12]],
    ["Like issue #12. Ticket: #57", [12, 57]],
    ["After the fix of issue #12, for #57", [57, 12]],
  ])("%s", (text, expected) => {
    expect(named(text)).toEqual(expected);
  });

  test.each([
    "nothing at all, and 57 apples",
    `${page}/pull/57`,
    `${page}/pull/60#discussion_r57`,
    "https://example.com/issues/57",
    "https://example.com/a#57",
    "https://evil.example/https://github.com/octo/app/issues/57",
    "JIRA-57, C#57, &#57; and x#57",
    "#57.1 is a version, #57th an ordinal",
    "#0",
    "`#57` and ``a ` #57``",
    "```\n#57\n```",
    "~~~~text\n~~~\n#57\n~~~~",
    "```\nFixes #57, in a block without an end",
    "- a list\n  ```\n  #57\n  ```",
    "> Fixes #57",
    "- > #57",
    "<!-- Fixes #57 -->",
    "<!--\nFixes #57",
    "As follows:\n\n    Fixes #57\n    and #58\n",
  ])("not: %s", (text) => {
    expect(named(text)).toEqual([]);
  });

  test.each(["does not fix #57", "doesn't close #57", "won't fix #57", "Does **not** resolve #57"])(
    "that a text says not to close count as closed, as on GitHub, which ignores the negation (isaacs/github#1871): %s",
    (text) => {
      expect(named(`Like #12, ${text}`)).toEqual([57, 12]);
    },
  );

  test("are also found after code and quotations", () => {
    expect(named("```\n#1\n```\nFixes #57")).toEqual([57]);
    expect(named("> #1\n\nFixes #57")).toEqual([57]);
    expect(named("- one\n\n    Fixes #57 in the list\n")).toEqual([57]);
    expect(named("<!-- #1 -->Fixes #57")).toEqual([57]);
    expect(named("`#1` Fixes #57")).toEqual([57]);
  });

  test("are at most twenty, in any text", () => {
    expect(named(Array.from({ length: 99 }, (_, i) => `#${i + 1}`).join(" "))).toHaveLength(20);
    const parts = fc.constantFrom(
      "#57",
      "`",
      "```",
      "\n",
      "> ",
      "<!--",
      "-->",
      "octo/lib#3",
      page,
      "/issues/",
      " ",
      "    ",
    );
    fc.assert(fc.property(fc.array(parts, { maxLength: 60 }), (text) => named(text.join("")).length <= 20));
  });

  test("a text without code and quotations is unchanged", () => {
    const text = "One\ntwo\n\n- three\n  four\n";
    expect(ownWords(text)).toBe(text);
  });
});

describe("the issue that a branch is for", () => {
  test.each([
    ["57", 57],
    ["57-commas", 57],
    ["57.commas", 57],
    ["57_commas", 57],
    ["57-404-page", 57],
    ["57-2fa-login", 57],
    ["fix/57-commas", 57],
    ["agent/57", 57],
    ["fix-57", 57],
    ["fix57-commas", 57],
    ["issue-57", 57],
    ["issue57", 57],
    ["issues/57", 57],
    ["gh-57-commas", 57],
    ["fix-issue-57", 57],
    ["commas-issue-57", 57],
    ["claude/issue-57-20250625_1200", 57],
    ["commas-#57", 57],
  ])("%s", (branch, issue) => {
    expect(issueInBranch(branch)).toBe(issue);
  });

  test.each([
    "main",
    "chore/node-20-upgrade",
    "node-20-upgrade",
    "upgrade-node-20",
    "python3.12",
    "v2",
    "v2.57",
    "release/1.2",
    "release/57",
    "release-57",
    "1.2.x",
    "20.x",
    "57.1-hotfix",
    "fix/1.2.3",
    "2026-11-25-sweep",
    "cleanup/2026-11",
    "2026.11.25",
    "JIRA-123",
    "PROJ-57-commas",
    "fix/JIRA-123",
    "dependabot/npm_and_yarn/lodash-4.5.6",
    "dependabot/github_actions/actions/checkout-4",
    "renovate/57.x",
    "57th-street",
    "bugfix".repeat(40),
    "0-day",
  ])("not: %s", (branch) => {
    expect(issueInBranch(branch)).toBeUndefined();
  });
});
