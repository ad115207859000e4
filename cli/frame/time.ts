import { InvalidArgumentError, Option } from "@commander-js/extra-typings";

const unitsMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `--since <time>`; `since` is its default. */
export function sinceOption(since: string) {
  const flags = "--since <time>";
  const description = "how long ago (90m, 12h, 7d), or a time in ISO 8601";
  return new Option(flags, description).argParser(pastTime).default(pastTime(since), since);
}

/** A longer timer of Node.js would end at once. */
const longestTimer = "24d";

/** `--wait <time>`, for example; `standard` is its default. */
export function durationOption<Flags extends string>(
  flags: Flags,
  meaning: string,
  standard: string,
  { least = "0s", most = longestTimer } = {},
) {
  const within = (text: string) => {
    const ms = duration(text);
    if (ms >= duration(least) && ms <= duration(most)) return ms;
    throw new InvalidArgumentError(`Expected a time from ${least} to ${most}.`);
  };
  return new Option(flags, meaning).argParser(within).default(within(standard), standard);
}

/** The milliseconds in an option's argument such as `90s`, `10m`, `12h` or `7d`. */
export function duration(text: string): number {
  const ms = milliseconds(text);
  if (ms === undefined) throw new InvalidArgumentError("Expected a time like 90s, 10m, 12h or 7d.");
  return ms;
}

/** The time in an option's argument: a duration means that long ago; ISO 8601 is also allowed. */
export function pastTime(text: string): Date {
  const ms = milliseconds(text);
  const time = ms === undefined ? Date.parse(text) : Date.now() - ms;
  // A `Date` can't be earlier than some 270,000 years ago.
  if (Number.isNaN(new Date(time).getTime()) || time > Date.now()) {
    throw new InvalidArgumentError(
      "Expected how long ago (90m, 12h, 7d), or a past time (2026-05-01T12:00Z).",
    );
  }
  return new Date(time);
}

function milliseconds(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unitsMs[unit] ?? 0);
}

/** A time to the minute, in ISO 8601: `2026-05-01T12:00Z`. */
export function minuteOf(time: Date): string {
  return `${time.toISOString().slice(0, 16)}Z`;
}

/** How long ago a time was, in a single unit: `5 min`. */
export function age(time: Date, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - time.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
