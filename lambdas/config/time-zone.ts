/** A name in its usual spelling: capitalized parts, except for short words as in `Port_of_Spain`. */
const part = "[A-Z][a-z]+(?:[_-](?:[A-Z][a-z]+|[a-z]{2}))*";
const wellSpelled = new RegExp(`^${part}(?:/${part})+$`);

/**
 * The name of a time zone, in Intl's spelling if only the case differs: `europe/berlin` → `Europe/Berlin`. For some zones
 * Intl returns an old name, such as `Europe/Kiev`; we then keep the name from the file. Returns `undefined` if the name
 * is not in the IANA database. This rules out offsets such as `+01:00`, which newer versions of Intl accept but
 * EventBridge Scheduler does not.
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
