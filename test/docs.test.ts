import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { flowNames } from "../infra/definition/action-spec.js";
import { settingNames } from "../infra/definition/settings.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

describe("the documentation", () => {
  test("has pictures that match the code", () => {
    const draw = () =>
      execFileSync(process.execPath, ["docs/draw.mjs", "--check"], { cwd: root, encoding: "utf8" });
    expect(draw).not.toThrow();
  });

  test("has a picture of every flow", () => {
    const page = read("docs/operations.md");
    expect(flowNames.filter((flow) => !page.includes(`\n### ${flow}\n`))).toEqual([]);
    expect(flowNames.filter((flow) => !page.includes(`<!-- draw:${flow} -->`))).toEqual([]);
  });

  test("has a row for every folder of lambdas/", () => {
    const folders = readdirSync(join(root, "lambdas"));
    const page = read("docs/architecture.md");
    expect(folders.filter((name) => !page.includes(`\n| \`${name}/\` | `))).toEqual([]);
  });

  test("has a short README", () => {
    expect(read("README.md").split("\n").length).toBeLessThan(150);
  });

  test("lists every setting, and no others", () => {
    const listed = [...read("docs/settings.md").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...settingNames].sort());
  });

  test.each(pages)("has no broken link in %s", (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)];
    const broken = links.filter(([, path = "", anchor]) => {
      const target = path === "" ? page : normalize(join(dirname(page), path));
      try {
        return anchor !== undefined && !anchorsOf(read(target)).includes(anchor.slice(1));
      } catch {
        return true;
      }
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test.each(pages)("names no missing file in %s", (page) => {
    const files =
      read(page).match(/\b(?:infra|lambdas|local|statemachines|test)\/[\w./-]+\.(?:ts|mjs|json)\b/g) ?? [];
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

/** GitHub's rule for anchors: in lower case, without punctuation, with hyphens instead of spaces. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replace(/ /g, "-"),
  );
}
