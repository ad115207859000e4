import { expect, test } from "@jest/globals";
import * as z from "zod/mini";
import { schemaFaults } from "../../../lambdas/model/schema-faults.js";

const schema = z.object({
  id: z.number(),
  url: z.url(),
  count: z.string().check(z.regex(/^\d+$/)),
  backend: z.enum(["tasks", "chats"]),
  names: z.array(z.string().check(z.minLength(1), z.maxLength(3))),
  number: z.int().check(z.positive(), z.lte(9)),
  either: z.union([z.string(), z.number()]),
});

function faultsOf(value: unknown): string[] {
  const { error } = z.safeParse(schema, value);
  if (!error) throw new Error("nothing is wrong with it");
  return schemaFaults(error, "the answer");
}

test("every fault names its path and what was expected, but no value", () => {
  const value = {
    url: "hidden",
    count: "hidden",
    backend: "hidden",
    names: ["a", "", "hidden"],
    number: -1,
    either: { hidden: true },
  };
  expect(faultsOf(value)).toEqual([
    "id: expected number",
    "url: expected a string of format url",
    "count: expected a string like /^\\d+$/",
    "backend: expected one of tasks, chats",
    "names.1: expected at least 1 characters",
    "names.2: expected at most 3 characters",
    "number: expected more than 0",
    "either: expected another value",
  ]);
});

test("an input of another type has one fault without a path", () => {
  expect(faultsOf("hidden")).toEqual(["the answer: expected object"]);
});
