/** The meaning of an EventBridge Scheduler expression, implemented from its documentation without a library. */

/** A calendar day: the month from 1 on, the weekday from 0, for Sunday. */
export interface Day {
  year: number;
  month: number;
  date: number;
  weekday: number;
}

export interface AwsCron {
  minutes: number[];
  hours: number[];
  /** Whether the expression fires on this day. */
  isOn(day: Day): boolean;
}

/** Throws if Scheduler would reject the expression. */
export function readAwsCron(expression: string): AwsCron {
  const [, text] = /^cron\(([^()]*)\)$/.exec(expression) ?? [];
  const fields = text?.split(" ") ?? [];
  const [minute = "", hour = "", date = "", month = "", weekday = "", year] = fields;
  if (fields.length !== 6 || year !== "*" || expression.length > 256) throw new Error(expression);
  if ((date === "?") === (weekday === "?")) throw new Error(`${expression}: not one ?`);
  const months = valuesOf(month, 1, 12);
  return {
    minutes: valuesOf(minute, 0, 59),
    hours: valuesOf(hour, 0, 23),
    isOn: (day) => months.includes(day.month) && (weekday === "?" ? isDate(day) : isWeekday(day)),
  };

  function isDate(day: Day): boolean {
    return valuesOf(date, 1, 31).includes(day.date);
  }
  function isWeekday(day: Day): boolean {
    const [days = "", nth] = weekday.split("#");
    if (nth !== undefined && !/^[1-7]#[1-5]$/.test(weekday)) throw new Error(`${expression}: #`);
    if (nth !== undefined && Math.ceil(day.date / 7) !== Number(nth)) return false;
    return valuesOf(days, 1, 7).includes(day.weekday + 1);
  }
}

/** `*`, and lists of values and ranges. The translation writes no steps and no names. */
function valuesOf(field: string, low: number, high: number): number[] {
  if (field === "*") return Array.from({ length: high - low + 1 }, (_, index) => low + index);
  return field.split(",").flatMap((item) => {
    const [, from = "", to = from] = /^(\d+)(?:-(\d+))?$/.exec(item) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === "" || first < low || last > high || last < first) throw new Error(field);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
