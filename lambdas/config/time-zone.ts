/** A name that Intl need not spell: the parts begin with capitals, but for short words as in `Port_of_Spain`. */
const part = "[A-Z][a-z]+(?:[_-](?:[A-Z][a-z]+|[a-z]{2}))*";
const wellSpelled = new RegExp(`^${part}(?:/${part})+$`);

/**
 * The name of a time zone, in Intl's own spelling where that only differs in its capitals: `europe/berlin` →
 * `Europe/Berlin`. Intl knows some zones by a name of old, `Europe/Kiev`: then the file's stands. `undefined` for what
 * is no name of the IANA database: EventBridge Scheduler takes no offsets such as `+01:00`, which newer editions of
 * Intl know.
 */
export function ianaName(timezone: string): string | undefined {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(timezone)) return undefined;
  try {
    const name = new Intl.DateTimeFormat("en", { timeZone: timezone }).resolvedOptions().timeZone;
    return name.toLowerCase() !== timezone.toLowerCase() && wellSpelled.test(timezone) ? timezone : name;
  } catch {
    return undefined;
  }
}
