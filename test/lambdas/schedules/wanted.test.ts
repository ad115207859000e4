import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { scheduleName, schedulePrefix, wantedSchedules } from "../../../lambdas/schedules/wanted.js";

const source = {
  installation: 7,
  repository: { id: 12, owner: "octo-org", name: "parser", private: true },
};

describe("the schedules of a repository's jobs", () => {
  test("have an expression, a time zone and the input of create-task", () => {
    const [schedule, ...others] = wantedSchedules(source, [
      { name: "sweep", schedule: "30 5 * * 1-5", timezone: "Europe/Berlin" },
    ]);
    expect(others).toEqual([]);
    expect(schedule).toEqual({
      name: "12.sweep",
      expression: "cron(30 5 ? * 2-6 *)",
      timezone: "Europe/Berlin",
      input:
        '{"event":{"type":"job_due","delivery":"<aws.scheduler.scheduled-time>","at":"<aws.scheduler.scheduled-time>",' +
        '"installation":7,"repository":{"id":12,"owner":"octo-org","name":"parser","private":true},' +
        '"job":{"name":"sweep"}}}',
    });
  });

  test("are two if a job has both a date and a weekday, and are in UTC by default", () => {
    const schedules = wantedSchedules(source, [{ name: "sweep", schedule: "0 9 1 * MON" }]);
    expect(schedules).toMatchObject([
      { name: "12.sweep", expression: "cron(0 9 1 * ? *)", timezone: "UTC" },
      { name: "12.sweep.2", expression: "cron(0 9 ? * 2 *)", timezone: "UTC" },
    ]);
    expect(schedules[0]?.input).toBe(schedules[1]?.input);
  });

  test("contain no Scheduler placeholder from a job's name", () => {
    const name = 'a "<aws.scheduler.execution-id>" b';
    const [schedule] = wantedSchedules(source, [{ name, schedule: "@daily" }]);
    expect(schedule?.input.match(/<aws\.scheduler\.[a-z-]+>/g)).toEqual([
      "<aws.scheduler.scheduled-time>",
      "<aws.scheduler.scheduled-time>",
    ]);
    expect(JSON.parse(schedule?.input ?? "")).toMatchObject({ event: { job: { name } } });
  });

  test("contain only the fields of the repository that create-task needs", () => {
    const repository = { ...source.repository, secret: "no" };
    const [schedule] = wantedSchedules({ ...source, repository }, [{ name: "a", schedule: "@daily" }]);
    expect(schedule?.input).not.toContain("secret");
  });

  test("are refused for an expression that cannot be translated", () => {
    expect(() => wantedSchedules(source, [{ name: "sweep", schedule: "0 0 30 2 *" }])).toThrow(
      expect.objectContaining({
        name: "InvalidScheduleError",
        message: expect.stringContaining("never runs"),
      }),
    );
  });
});

describe("the name of a schedule", () => {
  test.each([
    ["nightly-sweep_2", 0, "12.nightly-sweep_2"],
    ["nightly", 1, "12.nightly.2"],
  ])("contains the job's name unchanged if it is allowed: %s", (job, index, name) => {
    expect(scheduleName(12, job, index)).toBe(name);
  });

  test.each([
    ["Nightly sweep", /^12\.Nightly-sweep\.[0-9a-f]{10}$/],
    ["nightly.2", /^12\.nightly-2\.[0-9a-f]{10}$/],
    ["Überprüfung", /^12\.U-berpru-fung\.[0-9a-f]{10}$/],
    ["夜間", /^12\.job\.[0-9a-f]{10}$/],
    ["a".repeat(80), /^12\.a{20,}\.[0-9a-f]{10}$/],
  ])("contains a hash if the job's name is not allowed: %s", (job, name) => {
    expect(scheduleName(12, job, 0)).toMatch(name);
  });

  test("is valid for Scheduler, has the repository's prefix and is unique", () => {
    const job = fc.oneof(
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.string({ unit: fc.constantFrom("a", "A", ".", "2", "-", " "), minLength: 1, maxLength: 70 }),
    );
    const one = fc.tuple(
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      job,
      fc.integer({ min: 0, max: 23 }),
    );
    fc.assert(
      fc.property(one, one, (a, b) => {
        for (const [id, text, index] of [a, b]) {
          const name = scheduleName(id, text, index);
          expect(name).toMatch(/^[0-9a-zA-Z-_.]{1,64}$/);
          expect(name.startsWith(schedulePrefix(id))).toBe(true);
        }
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(scheduleName(...a).toLowerCase()).not.toBe(scheduleName(...b).toLowerCase());
      }),
    );
    expect(schedulePrefix(123).startsWith(schedulePrefix(12))).toBe(false);
  });
});
