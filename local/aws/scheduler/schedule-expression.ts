import { Cron } from "croner";
import { AwsError } from "../protocol/aws-json.js";

/** The syntax of each field of a Scheduler cron expression; croner checks the numbers. */
const fieldShapes = [
  /^[\d,\-*/]+$/,
  /^[\d,\-*/]+$/,
  /^[\d,\-*/?LW]+$/,
  /^[\dA-Z,\-*/]+$/,
  /^[\dA-Z,\-*?#]+$/,
  /^[\d,\-*/]+$/,
];

/** A margin that covers every day on which a zone's clock may change. */
const dayMs = 86_400_000;

/** More minutes than any clock change skips or repeats. */
const mostSkipped = 2 * 24 * 60;

/** The unit of a rate, singular for a value of 1, in milliseconds. */
const rateUnits: Record<string, number> = {
  minute: 60_000,
  minutes: 60_000,
  hour: 3_600_000,
  hours: 3_600_000,
  day: dayMs,
  days: dayMs,
};

/** The times at which a schedule is due. */
export interface DueTimes {
  /** The next time after `time`; both in milliseconds since the epoch. `undefined` if no time is left. */
  next(time: number): number | undefined;
}

/** Throws a `ValidationException` if Scheduler would, and for `at(…)`, which is not supported. */
export function parseExpression(expression: string, timezone: string): DueTimes {
  const rate = /^rate\((\d+) (\w+)\)$/.exec(expression);
  if (!rate) return new CronExpression(expression, timezone);
  const [, value = "", unit = ""] = rate;
  const unitMs = rateUnits[unit];
  if (unitMs === undefined || Number(value) < 1 || (Number(value) === 1) === unit.endsWith("s")) {
    throw new AwsError("ValidationException", `Invalid Schedule Expression ${expression}.`);
  }
  return { next: (time) => time + Number(value) * unitMs };
}

/**
 * A cron expression of EventBridge Scheduler in its time zone. croner computes wall clock times without clock changes; this
 * class applies them as Scheduler does: a time that doesn't exist is skipped, and a repeated one counts once.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
class CronExpression implements DueTimes {
  readonly #cron: Cron;
  readonly #offsetAt: (time: number) => number;

  constructor(expression: string, timezone: string) {
    this.#cron = parseCron(expression);
    this.#offsetAt = zoneOffset(timezone);
  }

  next(time: number): number | undefined {
    let wall = new Date(time + this.#offsetAt(time));
    for (let tries = 0; tries < mostSkipped; tries += 1) {
      const next = this.#cron.nextRun(wall);
      if (!next) return undefined;
      const instant = this.#instantOf(next.getTime());
      if (instant !== undefined && instant > time) return instant;
      wall = next;
    }
    return undefined;
  }

  /** The first instant at which a clock of the zone shows this wall clock time, which is given as if it were UTC. */
  #instantOf(wall: number): number | undefined {
    const offsets = [this.#offsetAt(wall - dayMs), this.#offsetAt(wall + dayMs)];
    const instants = offsets.map((offset) => wall - offset);
    const real = instants.filter((instant) => instant + this.#offsetAt(instant) === wall);
    return real.length > 0 ? Math.min(...real) : undefined;
  }
}

function parseCron(expression: string): Cron {
  const invalid = (why: string) =>
    new AwsError("ValidationException", `Invalid Schedule Expression ${expression}. ${why}`);
  const text = /^cron\((.*)\)$/.exec(expression)?.[1];
  if (text === undefined) throw invalid("The local endpoint knows only cron(…) and rate(…).");
  const fields = text.trim().split(/\s+/);
  if (fields.length !== fieldShapes.length) throw invalid("cron(…) has six fields.");
  for (const [index, shape] of fieldShapes.entries()) {
    if (!shape.test(fields[index] ?? ""))
      throw invalid(`Field ${index + 1} has a character that it must not have.`);
  }
  const [minute, hour, date = "", month, weekday = "", year = ""] = fields;
  if ((date === "?") === (weekday === "?")) throw invalid("Exactly one of the two day fields must be ?.");
  if ([date, weekday].some((day) => day.includes("?") && day !== "?")) throw invalid("? stands alone.");
  if (weekday.includes("#") && weekday.includes(",")) throw invalid("It may contain only one #.");
  if (!numbersFit(year, 1970, 2199)) throw invalid("A year must be from 1970 to 2199.");
  if (!numbersFit(weekday.replace(/#.*/, ""), 1, 7)) throw invalid("A day of the week must be from 1 to 7.");
  const pattern = ["0", minute, hour, date, month, weekday, year].join(" ").replace("?", "*");
  try {
    // Scheduler counts weekdays as Quartz does, from 1 for Sunday, and accepts `5/15` for "every 15 from 5 on".
    return new Cron(pattern, {
      mode: "7-part",
      alternativeWeekdays: true,
      sloppyRanges: true,
      timezone: "UTC",
      paused: true,
    });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
  }
}

/** Whether a field's numbers are in range; croner accepts more than Scheduler. Steps (after a slash) are not checked. */
function numbersFit(field: string, low: number, high: number): boolean {
  const numbers = field.replace(/\/\d+/g, "").match(/\d+/g) ?? [];
  return numbers.every((number) => Number(number) >= low && Number(number) <= high);
}

/** A zone's offset from UTC at an instant, in milliseconds; positive east of UTC. */
function zoneOffset(timezone: string): (time: number) => number {
  const format = zoneFormat(timezone);
  return (time) => {
    const parts = Object.fromEntries(
      format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const wholeSecond = Math.floor(time / 1000) * 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecond;
  };
}

function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  try {
    // Node also accepts offsets, which are not names of zones.
    if (/^[+-]/.test(timeZone)) throw new RangeError(timeZone);
    const numeric = "numeric";
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      year: numeric,
      month: numeric,
      day: numeric,
      hour: numeric,
      minute: numeric,
      second: numeric,
    });
  } catch {
    throw new AwsError("ValidationException", `Invalid Schedule Expression Timezone ${timeZone}.`);
  }
}
