/**
 * The name of a time zone in Intl's own spelling: `europe/berlin` → `Europe/Berlin`. `undefined` for what is no name
 * of the IANA database: EventBridge Scheduler takes no offsets such as `+01:00`, which newer editions of Intl know.
 */
export function ianaName(timezone: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(timezone)) return undefined;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
