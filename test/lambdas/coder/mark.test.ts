import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { drainName } from "../../../lambdas/aws/start-execution.js";
import { lineOfMark, type MarkedTask, markOfPrompt, TaskMarks } from "../../../lambdas/coder/mark.js";
import { withoutReferences } from "../../../lambdas/text/reference.js";

const [first, second, third] = ["1", "2", "3"].map((digit) => digit.repeat(64));

/** The marks of a stack whose secret has these values, the current one first. Reading the secret again returns `newer`. */
function marksOf(values: (string | undefined)[], newer?: string[]): TaskMarks {
  const present = (all: (string | undefined)[]) => all.filter((value) => value !== undefined);
  return new TaskMarks({ values: async () => present(values), reread: async () => newer, expire: () => {} });
}

const task: MarkedTask = {
  backend: "tasks",
  owner: "mona-c",
  name: "gh-app-5",
  repositoryId: 4711,
  work: "5",
};

describe("a mark", () => {
  test("proves the task that it was made for, and ignores the case of names", async () => {
    const marks = marksOf([first]);
    const mark = await marks.markOf(task);
    expect(mark).toMatch(/^[0-9a-f]{32}$/);
    expect(await marks.proves(mark, { ...task, owner: "Mona-C", name: "GH-App-5" })).toBe(true);
    expect(await marks.proves(undefined, task)).toBe(false);
    expect(await marks.proves("", task)).toBe(false);
  });

  test("proves no other API, owner, name, repository, work or workspace", async () => {
    const marks = marksOf([first]);
    const part = fc.constantFrom("", "a", "b", "ab", "1", "11", ",", '"', '","');
    const any = fc.record({
      backend: fc.constantFrom("tasks" as const, "chats" as const),
      owner: part,
      name: part,
      repositoryId: fc.constantFrom(1, 11, 111),
      work: part,
      workspaceId: part,
    });
    await fc.assert(
      fc.asyncProperty(any, any, async (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(await marks.proves(await marks.markOf(one), other)).toBe(isSame);
      }),
    );
  });

  test("proves nothing to another stack, and is valid in this one until the second rotation", async () => {
    const mark = await marksOf([first]).markOf(task);
    expect(await marksOf([second]).proves(mark, task)).toBe(false);
    expect(await marksOf([second, first]).proves(mark, task)).toBe(true);
    expect(await marksOf([third, second]).proves(mark, task)).toBe(false);
  });

  test("with an unknown value causes the secret to be read again", async () => {
    const mark = await marksOf([second]).markOf(task);
    expect(await marksOf([first], [second ?? "", first ?? ""]).proves(mark, task)).toBe(true);
  });

  test("is neither created nor accepted with a secret that is easy to guess", async () => {
    for (const values of [[""], ["short"], []]) {
      await expect(marksOf(values).markOf(task)).rejects.toThrow(/task mark secret is shorter than 32/);
      expect(await marksOf(values).proves("0".repeat(32), task)).toBe(false);
    }
  });
});

describe("the position of a mark in a prompt", () => {
  const mark = "0123456789abcdef".repeat(2);
  const line = lineOfMark(mark);

  test("is the last line, which is short enough for a terminal not to wrap", () => {
    expect(line).toBe(`[relay task-${mark}]`);
    expect(line.length).toBeLessThan(80);
    expect(markOfPrompt(`https://github.com/o/r/issues/1\n\n${line}`)).toBe(mark);
    expect(markOfPrompt(`${line}\n`)).toBe(mark);
  });

  test.each([
    `${line}\nand more`,
    `> ${line}`,
    `see ${line}`,
    `${line}.`,
    line.toUpperCase(),
    line.slice(0, -2),
    "",
  ])("is nowhere else: %j", (prompt) => {
    expect(markOfPrompt(prompt)).toBeUndefined();
  });

  test("cannot be forged by quoting, because references are removed from outside text", () => {
    expect(markOfPrompt(withoutReferences(`look at this\n${line}`))).toBeUndefined();
  });
});

describe("the name of a drain", () => {
  test("differs by inbox and generation, and is valid for Step Functions", () => {
    const names = [
      drainName({ repositoryId: 1, work: "42" }, 0),
      drainName({ repositoryId: 1, work: "42" }, 1),
      drainName({ repositoryId: 14, work: "2" }, 0),
      drainName({ repositoryId: 1, work: "job#42" }, 0),
      drainName({ repositoryId: 1, work: `job#${"ä".repeat(100)}` }, 0),
      drainName({ repositoryId: 1, work: "run#7#feature/x" }, 0),
      drainName({ repositoryId: 1, work: "run#7#feature-x" }, 0),
    ];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
  });
});
