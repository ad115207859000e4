import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { withLogContext } from "../../../lambdas/runtime/log-context.js";
import { metricsIn } from "../../../local/lambda-host/metrics.js";

// In its development mode, Powertools writes to the console, which a test can read.
process.env.POWERTOOLS_DEV = "true";
process.env.POWERTOOLS_METRICS_DISABLED = "false";
process.env.POWERTOOLS_METRICS_NAMESPACE = "team-relay";
const { measure } = await import("../../../lambdas/runtime/metrics.js");

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  jest.spyOn(console, "log").mockImplementation((line) => {
    lines.push(line);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

test("a value is written as a line that CloudWatch reads, under the stack's name and with its dimension", () => {
  measure("CoderErrors", 2, "CoderForbiddenError");
  const dimensions = { service: "coder-task-relay", Error: "CoderForbiddenError" };
  expect(lines.flatMap(metricsIn)).toEqual([
    { namespace: "team-relay", name: "CoderErrors", unit: "Count", dimensions, value: 2 },
  ]);
});

test("the line names its own invocation and no other", async () => {
  const event = { delivery: "guid", issue: { number: 5 } };
  await withLogContext("act", async () => measure("CoderErrors", 1, "NotCoderError"))({ event });
  measure("CoderErrors", 1, "NotCoderError");
  const [inside, outside] = lines.map((line) => JSON.parse(line));
  expect(inside).toMatchObject({ delivery: "guid", issue: "5" });
  expect(outside).not.toHaveProperty("delivery");
});

test("two values of one invocation are two lines", () => {
  for (const kind of ["CoderForbiddenError", "NotCoderError"]) measure("CoderErrors", 1, kind);
  expect(lines.flatMap(metricsIn).map(({ value, dimensions }) => [value, dimensions.Error])).toEqual([
    [1, "CoderForbiddenError"],
    [1, "NotCoderError"],
  ]);
});

test("other lines have no metrics", () => {
  expect(['{"level":"INFO","message":"done"}', "", "not JSON"].flatMap(metricsIn)).toEqual([]);
});
