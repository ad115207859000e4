import { type CronField, cronFields, type FieldValues, readField } from "./cron-field.js";

/** Enough to write out every value of every field. */
const maxLength = 512;

/** The shortcuts of cronie, except `@reboot`, which has no time. */
const nicknames: ReadonlyMap<string, string> = new Map([
  ["@hourly", "0 * * * *"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
]);

const lengthOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const weeks = [1, 2, 3, 4, 5];

/** A translation, or a fault that says what is wrong, what is expected and what to do, and quotes nothing. */
export type Translation = { expressions: string[] } | { fault: string };

/**
 * Translates a five-field Unix cron expression into `cron(…)` expressions of EventBridge Scheduler that fire, together,
 * at exactly the same minutes. Most need one; an expression in which either of two restricted day fields may match needs
 * two, and one that counts weekdays within the month up to 24. Each has at most 256 characters, Scheduler's limit. Linear
 * in the length of the text; never throws.
 *
 * Expressions mean the same as in cronie (entry.c and cron.c in https://github.com/cronie-crond/cronie):
 *
 * - 0 and 7 are Sunday, `*` in the last field starts at Sunday, names have three letters in any case. A range may not
 *   wrap around.
 * - If both day fields are restricted, one of them must match. But if one of them begins with a star, with or without a
 *   step, both must match. Scheduler can't combine a date and a weekday with "and"; it has only the n-th weekday of a
 *   month: the dates 1-7 with every seventh weekday (a star with step 7: Sunday) are its `1#1`. A combination that it
 *   can't express is a fault.
 *
 * It differs in three ways. `a/n` runs to the end of the field, as in GitHub Actions; cronie rejects it. A step that is
 * longer than its field is a fault, because it is probably a mistake. When clocks change, Scheduler skips a time that
 * does not exist and runs once at a time that occurs twice; cronie runs the skipped one later
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
 */
export function translateCron(expression: string): Translation {
  if (expression.length > maxLength) {
    return {
      fault: `The schedule is too long; expected at most ${maxLength} characters. Write ranges and steps instead of long lists.`,
    };
  }
  const text = expression.replace(/^[ \t]+|[ \t]+$/g, "");
  const fields = (text.startsWith("@") ? (nicknames.get(text.toLowerCase()) ?? text) : text).split(/[ \t]+/);
  if (fields[0]?.startsWith("@")) return { fault: nicknameFault(text) };
  if (text === "" || fields.length !== cronFields.length) {
    return { fault: countFault(text === "" ? 0 : fields.length) };
  }

  const parsed: FieldValues[] = [];
  for (const [index, field] of cronFields.entries()) {
    const values = readField(fields[index] ?? "", field);
    if ("fault" in values) return values;
    parsed.push(values);
  }
  const [minutes, hours, dates, months, weekdays] = parsed;
  if (!minutes || !hours || !dates || !months || !weekdays) return { fault: countFault(parsed.length) };

  const days = translateDays(dates, months, weekdays);
  if ("fault" in days) return days;
  const [minuteField, hourField] = cronFields;
  const time = `${list(minutes.values, minuteField)} ${list(hours.values, hourField)}`;
  return { expressions: days.days.map((day) => `cron(${time} ${day} *)`) };
}

/** The day-of-month, month and day-of-week of each expression. */
function translateDays(
  dates: FieldValues,
  months: FieldValues,
  weekdays: FieldValues,
): { days: string[] } | { fault: string } {
  const [, , dateField, monthField, weekdayField] = cronFields;
  const longest = Math.max(...[...months.values].map((month) => lengthOfMonth[month - 1] ?? 0));
  const possible = new Set([...dates.values].filter((date) => date <= longest));
  const month = list(months.values, monthField);
  const everyDate = possible.size === longest;
  const everyWeekday = weekdays.values.size === 7;
  const onDates = `${everyDate ? "*" : list(possible, dateField)} ${month} ?`;
  // Scheduler counts from 1, for Sunday.
  const numbers = new Set([...weekdays.values].map((day) => day + 1));
  const onWeekdays = `? ${month} ${list(numbers, { ...weekdayField, low: 1, high: 7 })}`;

  if (!dates.beginsWithStar && !weekdays.beginsWithStar) {
    if (everyDate || everyWeekday) return { days: [`* ${month} ?`] };
    return { days: possible.size === 0 ? [onWeekdays] : [onDates, onWeekdays] };
  }
  if (possible.size === 0) return { fault: neverFault };
  if (everyWeekday) return { days: [onDates] };
  if (everyDate) return { days: [onWeekdays] };
  return translateBoth(possible, longest, month, numbers);
}

/** A date and a weekday at once: the n-th weekdays of the month, if the dates form whole weeks. */
function translateBoth(
  dates: ReadonlySet<number>,
  longest: number,
  month: string,
  weekdays: ReadonlySet<number>,
): { days: string[] } | { fault: string } {
  const datesOf = (week: number) =>
    [1, 2, 3, 4, 5, 6, 7].map((day) => 7 * (week - 1) + day).filter((date) => date <= longest);
  const whole = weeks.filter((week) => datesOf(week).every((date) => dates.has(date)));
  const covered = whole.reduce((sum, week) => sum + datesOf(week).length, 0);
  if (covered !== dates.size) return { fault: bothFault };
  const sorted = [...weekdays].sort((a, b) => a - b);
  return { days: whole.flatMap((week) => sorted.map((weekday) => `? ${month} ${weekday}#${week}`)) };
}

/**
 * `*`, or the values in order. Three or more in a row become `a-b`, which keeps even the longest expression below
 * Scheduler's limit.
 */
function list(values: ReadonlySet<number>, { low, high }: CronField): string {
  if (values.size === high - low + 1) return "*";
  const runs: [number, number][] = [];
  for (const value of [...values].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else runs.push([value, value]);
  }
  return runs
    .map(([from, to]) => (to === from ? `${from}` : `${from}${to - from === 1 ? "," : "-"}${to}`))
    .join(",");
}

const neverFault =
  "The schedule never runs: none of its months has such a day; expected a day that at least one of them has. Change the day of the month or the month.";

const bothFault =
  "The two day fields cannot be translated: one of them begins with *, so both would have to match at once, which EventBridge Scheduler supports only for whole weeks of the month (1-7, 8-14, 15-21, 22-28). Restrict only one of the two, or replace the field with * by a list or a range, if either may match.";

function nicknameFault(text: string): string {
  const wrong = /^@reboot\b/i.test(text)
    ? "@reboot is not a time"
    : "The schedule begins with @ but is not a known shortcut";
  return `${wrong}; expected ${[...nicknames.keys()].join(", ")}, alone. Use one of them, or five fields.`;
}

function countFault(count: number): string {
  return `The schedule has ${count} ${count === 1 ? "field" : "fields"}; expected five: minute, hour, day of month, month, day of week, for example 30 5 * * 1-5. Leave out seconds, years and time zones, and put * where any value will do.`;
}
