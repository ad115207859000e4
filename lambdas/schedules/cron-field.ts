/** One of the five fields of a Unix cron expression. */
export interface CronField {
  title: string;
  low: number;
  high: number;
  /** Names of the values from `low` on, in lower case. */
  names: readonly string[];
  /** The longest meaningful step. */
  maxStep: number;
  /** A description of the values for error messages. */
  expected: string;
}

const monthNames = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** In the order of a cron expression. */
export const cronFields = [
  { title: "minute", low: 0, high: 59, names: [], maxStep: 60, expected: "0 to 59" },
  { title: "hour", low: 0, high: 23, names: [], maxStep: 24, expected: "0 to 23" },
  { title: "day of month", low: 1, high: 31, names: [], maxStep: 31, expected: "1 to 31" },
  { title: "month", low: 1, high: 12, names: monthNames, maxStep: 12, expected: "1 to 12 or JAN to DEC" },
  {
    title: "day of week",
    low: 0,
    high: 7,
    names: dayNames,
    maxStep: 7,
    expected: "0 to 7 or SUN to SAT (0 and 7 are Sunday)",
  },
] as const satisfies CronField[];

const [, , , , weekday] = cronFields;

export interface FieldValues {
  /** Never empty. Days of the week are 0 to 6. */
  values: ReadonlySet<number>;
  /** For the two day fields: decides whether both must match or one is enough. */
  beginsWithStar: boolean;
}

type Fault = { fault: string };

/** The values of a field, or a fault that quotes nothing of its text. */
export function readField(text: string, field: CronField): FieldValues | Fault {
  const values = new Set<number>();
  for (const item of text.split(",")) {
    const read = readItem(item, field);
    if ("fault" in read) return read;
    for (let value = read.from; value <= read.to; value += read.step) {
      values.add(field.title === weekday.title ? value % 7 : value);
    }
  }
  return { values, beginsWithStar: text.startsWith("*") };
}

interface Range {
  from: number;
  to: number;
  step: number;
}

/** `*`, `a` or `a-b`, each with an optional `/n`. */
function readItem(item: string, field: CronField): Range | Fault {
  const [range = "", stepText, ...more] = item.split("/");
  if (more.length > 0) return fault(field, "has two steps in one item", "Use one / in each.");
  const step = stepText === undefined ? 1 : readStep(stepText, field);
  if (typeof step === "object") return step;
  if (range === "*") return { from: field.low, to: field.high, step };

  const [fromText = "", toText, ...others] = range.split("-");
  if (others.length > 0) return fault(field, "has a range with more than two ends", "Write ranges as a-b.");
  const from = readValue(fromText, field);
  if (typeof from === "object") return from;
  if (toText !== undefined) {
    const to = readValue(toText, field);
    if (typeof to === "object") return to;
    return to < from
      ? fault(field, "has a range that runs backwards", wrapRemedy(field))
      : { from, to, step };
  }
  if (stepText === undefined) return { from, to: from, step };
  // Readers disagree on whether it ends on Saturday (6) or on Sunday (7).
  if (field.title === weekday.title) {
    return fault(field, "has a step after a single value", "Write the range, for example 1-5/2, or a list.");
  }
  return { from, to: field.high, step };
}

function readStep(text: string, field: CronField): number | Fault {
  const step = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (step >= 1 && step <= field.maxStep) return step;
  return fault(
    { ...field, expected: `a whole number from 1 to ${field.maxStep} after the /` },
    "has a step that does not fit",
    "Write such a number, or leave the step out.",
  );
}

function readValue(text: string, field: CronField): number | Fault {
  if (/^\d{1,4}$/.test(text)) {
    const value = Number(text);
    if (value >= field.low && value <= field.high) return value;
    return fault(field, "has a number out of range", "Use a number within it.");
  }
  const index = field.names.indexOf(text.toLowerCase());
  if (index >= 0) return field.low + index;
  if (text === "")
    return fault(field, "lacks a value", "Add a value next to the comma, the dash or the slash.");
  if (/[LW#?~]/i.test(text) && /^[\dLW#?~*]+$/i.test(text)) {
    return fault(
      field,
      "has syntax of another cron dialect (L, W, #, ? or ~)",
      "Use numbers, lists, ranges and steps, and * for any value.",
    );
  }
  return fault(field, "has an invalid value", "Use numbers, lists, ranges and steps.");
}

function fault({ title, expected }: CronField, wrong: string, remedy: string): Fault {
  return { fault: `The field for the ${title} ${wrong}; expected ${expected}. ${remedy}` };
}

function wrapRemedy({ title }: CronField): string {
  const sunday = title === weekday.title ? " As the end of a range, Sunday is 7." : "";
  return `Write the smaller value first; for a range that wraps around, write two ranges with a comma between them.${sunday}`;
}
