import { expect, test } from "@jest/globals";
import * as z from "zod/mini";
import { planSchema } from "../../../lambdas/model/plan.js";

const plan = { outcome: "planned", detail: "", requester: null, factory: null };

test("the plan from an older version's execution keeps its prompt", () => {
  expect(z.parse(planSchema, { ...plan, words: "Update the docs" }).prompt).toBe("Update the docs");
  expect(z.parse(planSchema, { ...plan, prompt: "Update the docs" }).prompt).toBe("Update the docs");
  expect(z.safeParse(planSchema, plan).success).toBe(false);
});
