import { expect, test } from "@jest/globals";
import { readOptions } from "./options.js";

test("chaos has a default for each option, and accepts each option", () => {
  expect(readOptions(["--seed=7"])).toEqual({
    isHelp: false,
    seed: 7,
    minutes: 2,
    lives: 50,
    runs: 1,
    coder: "tasks",
  });
  const all = "--help --seed 7 --minutes 0.4 --lives 16 --runs 20 --coder chats".split(" ");
  expect(readOptions(all)).toEqual({
    isHelp: true,
    seed: 7,
    minutes: 0.4,
    lives: 16,
    runs: 20,
    coder: "chats",
  });
});

test.each([
  ["--seed=-1", '--seed is "-1", but must be a whole number from 0 to 4294967295.'],
  ["--lives=1.5", '--lives is "1.5", but must be a whole number from 1 to 1000.'],
  ["--runs=", '--runs is "", but must be a whole number from 1 to 1000.'],
  ["--minutes=many", '--minutes is "many", but must be a number above 0, up to 60.'],
  ["--coder=task", '--coder is "task", but must be one of tasks, chats, tasks-2.30, chats-2.35.'],
  ["--live=3", "Unknown option '--live'"],
])("chaos refuses %s", (argument, message) => {
  expect(() => readOptions([argument])).toThrow(message);
});
