import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { taskNames } from "../../../lambdas/model/task-name.js";

const named = (
  prefix: string,
  { owner, repository, issue }: { owner: string; repository: string; issue: number },
  spare: string[] = [],
) =>
  taskNames(
    prefix,
    {
      owner,
      repository,
      label: `${issue}`,
      isDistinct: true,
      reference: `${owner}/${repository}#${issue}`,
    },
    spare,
  );

const coderName = /^[a-zA-Z0-9]+(?:-[a-zA-Z0-9]+)*$/;

describe("the name of an issue's task", () => {
  test("is made of prefix, repository and number if that is a valid name", () => {
    expect(named("gh", { owner: "xmtp", repository: "libxmtp", issue: 42 })[0]).toBe("gh-libxmtp-42");
  });

  test.each(["my.repo", "my_repo", "-repo", "a--b", "r".repeat(100), "répo", "."])(
    "has a hash if %s is not valid in a name",
    (repository) => {
      const [first, ...others] = named("gh", { owner: "o", repository, issue: 42 });
      expect(first).toMatch(/^gh-.*-?[0-9a-z]{6}-42$/);
      expect(others).toEqual([]);
    },
  );

  test("has a second choice that distinguishes repositories of the same name", () => {
    const [plainA, hashedA] = named("gh", { owner: "a", repository: "r", issue: 1 });
    const [plainB, hashedB] = named("gh", { owner: "b", repository: "r", issue: 1 });
    expect(plainA).toBe(plainB);
    expect(hashedA).not.toBe(hashedB);
  });

  test("has unpredictable choices in case both are taken", () => {
    const work = { owner: "a", repository: "r", issue: 1 };
    const names = named("gh", work, ["one", "two"]);
    expect(names.slice(0, 2)).toEqual(named("gh", work));
    expect(new Set(names).size).toBe(4);
    expect(named("gh", work, ["three"])).not.toContain(names[2]);
  });

  test("does not depend on the case of owner and repository", () => {
    const hashed = (owner: string) => named("gh", { owner, repository: "a.b", issue: 1 });
    expect(hashed("Octo")).toEqual(hashed("octo"));
  });

  test("is always valid for Coder and always ends in the number", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-zA-Z0-9]{1,6}(-[a-zA-Z0-9]{1,5})?$/),
        fc.string(),
        fc.string({ minLength: 1 }),
        fc.integer({ min: 1, max: 2_147_483_647 }),
        (prefix, owner, repository, issue) => {
          for (const name of named(prefix, { owner, repository, issue }, ["a", "b"])) {
            expect(name).toMatch(coderName);
            expect(name.length).toBeLessThanOrEqual(32);
            expect(name.endsWith(`-${issue}`)).toBe(true);
          }
        },
      ),
    );
  });
});
