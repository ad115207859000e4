import { describe, expect, test } from "@jest/globals";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import fc from "fast-check";
import { translateCron } from "../../../lambdas/schedules/cron.js";
import { type Day, readAwsCron } from "./aws-cron.js";

describe("a Unix cron expression becomes one of EventBridge Scheduler", () => {
  test.each([
    ["30 5 * * *", "30 5 * * ? *"],
    ["* * * * *", "* * * * ? *"],
    ["  30\t5 *   * * ", "30 5 * * ? *"],
    ["05 00 * * *", "5 0 * * ? *"],
    // Steps and lists are expanded; three or more values in a row become a range.
    ["*/15 * * * *", "0,15,30,45 * * * ? *"],
    ["5-50/7 * * * *", "5,12,19,26,33,40,47 * * * ? *"],
    ["50/5 * * * *", "50,55 * * * ? *"],
    ["0 9-17,20,21 * * *", "0 9-17,20,21 * * ? *"],
    ["0 0-23 * * *", "0 * * * ? *"],
    ["0 */24 * * *", "0 0 * * ? *"],
    ["*/60,7 * * * *", "0,7 * * * ? *"],
    // Days of the week: 0 and 7 are Sunday, which is Scheduler's 1.
    ["0 9 * * 0", "0 9 ? * 1 *"],
    ["0 9 * * 7", "0 9 ? * 1 *"],
    ["0 9 * * 1-5", "0 9 ? * 2-6 *"],
    ["0 9 * * 5-7", "0 9 ? * 1,6,7 *"],
    ["0 9 * * mon,WED,Fri", "0 9 ? * 2,4,6 *"],
    ["0 9 * * Sun-Tue", "0 9 ? * 1-3 *"],
    ["0 9 * * */2", "0 9 ? * 1,3,5,7 *"],
    ["0 9 * * 1-7/2", "0 9 ? * 1,2,4,6 *"],
    ["0 9 * * 0-6", "0 9 * * ? *"],
    ["0 9 * * 1-7", "0 9 * * ? *"],
    ["0 9 1 JAN,jul *", "0 9 1 1,7 ? *"],
    ["0 9 1 */3 *", "0 9 1 1,4,7,10 ? *"],
    ["0 0 29 2 *", "0 0 29 2 ? *"],
    // Days that no month of the expression has are left out.
    ["0 0 30,31 4 *", "0 0 30 4 ? *"],
    ["0 0 1-30 4 *", "0 0 * 4 ? *"],
    ["@hourly", "0 * * * ? *"],
    ["@daily", "0 0 * * ? *"],
    ["@Midnight", "0 0 * * ? *"],
    ["@weekly", "0 0 ? * 1 *"],
    ["@monthly", "0 0 1 * ? *"],
    ["@yearly", "0 0 1 1 ? *"],
    ["@annually", "0 0 1 1 ? *"],
    // A field that begins with * and a day in every week or month restrict nothing.
    ["0 0 * * */1", "0 0 * * ? *"],
    ["0 0 *,5 * 1", "0 0 ? * 2 *"],
    ["0 0 */2 * 0-6", "0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * ? *"],
    ["0 0 1-31 * 1", "0 0 * * ? *"],
    ["0 0 30 2 1", "0 0 ? 2 2 *"],
  ])("%s", (unix, aws) => {
    expect(translateCron(unix)).toEqual({ expressions: [`cron(${aws})`] });
  });

  test("within Scheduler's limit, even with many scattered values", () => {
    const scattered = (low: number, high: number) =>
      Array.from({ length: high - low + 1 }, (_, index) => high - index).filter((value) => value % 3 !== 0);
    const unix = [
      [0, 59],
      [0, 23],
      [1, 31],
      [1, 12],
    ]
      .map(([low = 0, high = 0]) => scattered(low, high))
      .join(" ");
    const translation = translateCron(`${unix} *`);
    const [expression = ""] = "expressions" in translation ? translation.expressions : [];
    // `readAwsCron` rejects more than 256 characters.
    expect(readAwsCron(expression).minutes).toHaveLength(40);
  });

  test("or two, if one of two restricted day fields must match", () => {
    expect(translateCron("0 9 1,15 * MON")).toEqual({
      expressions: ["cron(0 9 1,15 * ? *)", "cron(0 9 ? * 2 *)"],
    });
  });

  test("with the n-th weekday, if a date in whole weeks and a weekday must both match", () => {
    expect(translateCron("0 9 1-7 * */7")).toEqual({ expressions: ["cron(0 9 ? * 1#1 *)"] });
    expect(translateCron("0 9 8-21 * */4")).toEqual({
      expressions: ["1#2", "5#2", "1#3", "5#3"].map((day) => `cron(0 9 ? * ${day} *)`),
    });
    expect(translateCron("0 9 29-31 2 */7")).toEqual({ expressions: ["cron(0 9 ? 2 1#5 *)"] });
  });
});

describe("a fault is reported for", () => {
  test.each([
    ["nothing", "", "has 0 fields; expected five"],
    ["four fields", "0 0 * *", "has 4 fields; expected five"],
    ["a field for seconds", "0 0 0 * * *", "has 6 fields; expected five"],
    ["a line break", "0 0 *\n* *", "has 4 fields; expected five"],
    ["@reboot", "@reboot", "@reboot is not a time"],
    ["an unknown name", "@fortnightly", "begins with @ but is not a known shortcut"],
    ["a name with more text after it", "@daily 5", "begins with @ but is not a known shortcut"],
    ["a minute out of range", "60 * * * *", "the minute has a number out of range; expected 0 to 59"],
    ["an hour out of range", "0 24 * * *", "the hour has a number out of range; expected 0 to 23"],
    ["a day 0", "0 0 0 * *", "the day of month has a number out of range; expected 1 to 31"],
    ["a month 13", "0 0 1 13 *", "the month has a number out of range; expected 1 to 12 or JAN to DEC"],
    ["a weekday 8", "0 0 * * 8", "the day of week has a number out of range; expected 0 to 7 or SUN to SAT"],
    ["a number of 400 digits", `${"9".repeat(400)} 0 * * *`, "the minute has an invalid value"],
    ["a negative number", "-5 0 * * *", "the minute lacks a value"],
    ["a fraction", "1.5 0 * * *", "the minute has an invalid value"],
    ["a whole name", "0 0 * * monday", "the day of week has an invalid value"],
    ["a name of another field", "0 0 * mon *", "the month has an invalid value"],
    ["a range that wraps around", "0 22-6 * * *", "the hour has a range that runs backwards"],
    ["Friday to Sunday by name", "0 0 * * fri-sun", "As the end of a range, Sunday is 7."],
    ["two dashes", "1-2-3 0 * * *", "the minute has a range with more than two ends"],
    ["two steps", "*/2/3 0 * * *", "the minute has two steps"],
    ["a step 0", "*/0 * * * *", "the minute has a step that does not fit"],
    ["no step", "*/ * * * *", "expected a whole number from 1 to 60 after the /"],
    ["a step beyond the field", "*/90 * * * *", "the minute has a step that does not fit"],
    ["a step behind one weekday", "0 0 * * 1/2", "the day of week has a step after a single value"],
    ["an empty item", "1,,2 0 * * *", "the minute lacks a value"],
    ["an asterisk in a range", "*-5 0 * * *", "the minute has an invalid value"],
    ["the last day", "0 0 L * *", "the day of month has syntax of another cron dialect"],
    ["the nearest weekday", "0 0 15W * *", "the day of month has syntax of another cron dialect"],
    ["an n-th weekday", "0 0 * * 1#2", "the day of week has syntax of another cron dialect"],
    ["a question mark", "0 0 ? * 1", "the day of month has syntax of another cron dialect"],
    ["a random minute", "0~30 0 * * *", "the minute has syntax of another cron dialect"],
    ["a day that never occurs", "0 0 30 2 *", "never runs: none of its months has such a day"],
    ["the 31st of short months", "0 0 31 2,4,6,9,11 *", "never runs"],
    ["the 30th of February on odd weekdays", "0 0 30 2 */2", "never runs"],
    ["a date and a weekday at once", "0 0 */2 * 1", "both would have to match at once"],
    ["a weekday in a part of a week", "0 0 1-8 * */2", "both would have to match at once"],
    ["a very long text", "0".repeat(513), "too long; expected at most 512 characters"],
  ])("%s", (_, expression, fault) => {
    expect(translateCron(expression)).toEqual({ fault: expect.stringContaining(fault) });
  });

  test("any text, without an error and without a quotation", () => {
    const piece = fc.oneof(
      fc.constantFrom("*", "/", "-", ",", " ", "@", "?", "L", "#", "mon", "JAN", "7", "59"),
      fc.string({ unit: "grapheme" }),
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join("")),
        (text) => {
          const translation = translateCron(`secretvalue${text}`);
          expect("fault" in translation && translation.fault).not.toContain("secretvalue");
          const bare = translateCron(text);
          if ("expressions" in bare) bare.expressions.map(readAwsCron);
        },
      ),
    );
  });
});

describe("the translation fires at the same minutes as two independent libraries", () => {
  // A leap year. The rules of a common year are the same, minus one day.
  const days = daysOf(2028);

  const number = (low: number, high: number) => fc.integer({ min: low, max: high });
  /** A list of values, ranges and steps; one in three fields is `*` alone. */
  function field(low: number, high: number, names: readonly string[] = []) {
    const value = number(low, high).map((n) => names[n] ?? `${n}`);
    const step = number(1, high - low);
    const range = fc.tuple(number(low, high), number(low, high)).map(([a, b]) => {
      return `${Math.min(a, b)}-${Math.max(a, b)}`;
    });
    const item = fc.oneof(
      value,
      range,
      fc.tuple(range, step).map(([ends, by]) => `${ends}/${by}`),
      step.map((by) => `*/${by}`),
    );
    const list = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(","));
    return fc.oneof(fc.constant("*"), list, list);
  }
  const monthNames = ["", "jan", "Feb", "MAR", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
  const dayNames = ["sun", "Mon", "TUE", "wed", "thu", "fri", "sat"];
  const expressions = fc
    .tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12, monthNames), field(0, 7, dayNames))
    .map((fields) => fields.join(" "));
  /** The crontab idiom for the first Sunday of a month, and similar ones in which both day fields must match. */
  const bothDays = fc
    .tuple(fc.constantFrom("1-7", "8-14", "15-21", "22-28", "1-14", "29-31", "*/2", "5"), number(2, 7))
    .map(([dates, step]) => `0 9 ${dates} * */${step}`);

  test("on every day of a year", () => {
    let translated = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 5, arbitrary: expressions }, bothDays), (unix) => {
        const translation = translateCron(unix);
        const expected = unixDays(unix);
        if ("fault" in translation) {
          const isAnd = /both would have to match/.test(translation.fault);
          if (!isAnd) {
            expect(translation.fault).toMatch(/never runs/);
            expect(days.filter(expected.isOn)).toEqual([]);
          }
          return;
        }
        translated += 1;
        const schedules = translation.expressions.map(readAwsCron);
        for (const { minutes, hours } of schedules) expect({ minutes, hours }).toEqual(expected.times);
        for (const day of days) {
          const isOn = schedules.some((schedule) => schedule.isOn(day));
          if (isOn !== expected.isOn(day)) throw new Error(`${unix}: ${JSON.stringify(day)}`);
        }
      }),
      { numRuns: 150 },
    );
    expect(translated).toBeGreaterThan(50);
  });

  test("when the two libraries iterate over a year themselves", () => {
    for (const unix of ["*/20 6-8 * * 1-5", "17 3 1,15 * fri", "0 0 29 2 *", "5-50/45 12 */10 1-3 *"]) {
      const translation = translateCron(unix);
      const schedules = "expressions" in translation ? translation.expressions.map(readAwsCron) : [];
      const ours = days.flatMap((day) =>
        schedules
          .filter((schedule) => schedule.isOn(day))
          .flatMap(({ hours, minutes }) => hours.flatMap((h) => minutes.map((m) => minuteOf(day, h, m)))),
      );
      const end = Date.UTC(2029, 0, 1);
      const walk = CronExpressionParser.parse(unix, {
        currentDate: new Date(Date.UTC(2028, 0, 1) - 1),
        tz: "UTC",
      });
      const theirs: number[] = [];
      for (let next = walk.next().getTime(); next < end; next = walk.next().getTime()) theirs.push(next);
      expect([...new Set(ours)].sort((a, b) => a - b)).toEqual(theirs);
    }
  });

  /**
   * cronie's behavior, from the libraries. croner has cronie's "and" for a day field that begins with `*` as an option;
   * cron-parser knows only "or" and rejects duplicate values, but must agree otherwise.
   */
  function unixDays(unix: string): {
    times: { minutes: number[]; hours: number[] };
    isOn(day: Day): boolean;
  } {
    const [minuteField, hourField, dates = "", , weekdays = ""] = unix.split(" ");
    const both = dates.startsWith("*") || weekdays.startsWith("*");
    const croner = (pattern: string) => new Cron(pattern, { utcOffset: 0, domAndDow: both, paused: true });
    const [everyMinute, everyHour] = [croner(`${minuteField} * * * *`), croner(`0 ${hourField} * * *`)];
    const minutes = upTo(60).filter((minute) => everyMinute.match(new Date(minute * 60_000)));
    const hours = upTo(24).filter((hour) => everyHour.match(new Date(hour * 3_600_000)));
    const cronerDays = croner(unix);
    const parsed = parseStrictly(unix);
    if (parsed) {
      const { minute, hour } = parsed.fields;
      expect({ minutes: minute.values, hours: hour.values }).toEqual({ minutes, hours });
    }
    const [hour = 0] = hours;
    const [minute = 0] = minutes;
    return {
      times: { minutes, hours },
      isOn: (day) => {
        const time = new Date(minuteOf(day, hour, minute));
        const isOn = cronerDays.match(time);
        if (parsed && !both && parsed.includesDate(time) !== isOn) {
          throw new Error(`The libraries differ over ${unix}`);
        }
        return isOn;
      },
    };
  }

  function parseStrictly(unix: string) {
    try {
      return CronExpressionParser.parse(unix, { tz: "UTC" });
    } catch (error) {
      if (error instanceof Error && /duplicate values|Invalid explicit day/.test(error.message))
        return undefined;
      throw error;
    }
  }
});

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function daysOf(year: number): Day[] {
  const days: Day[] = [];
  for (let time = Date.UTC(year, 0, 1); time < Date.UTC(year + 1, 0, 1); time += 86_400_000) {
    const date = new Date(time);
    days.push({ year, month: date.getUTCMonth() + 1, date: date.getUTCDate(), weekday: date.getUTCDay() });
  }
  return days;
}

function minuteOf({ year, month, date }: Day, hour: number, minute: number): number {
  return Date.UTC(year, month - 1, date, hour, minute);
}
