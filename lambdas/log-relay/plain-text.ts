import { withoutControls } from "../text/clean.js";
import { withoutEscapeSequences } from "../text/escape-sequences.js";

/** What GitHub's runner puts before each line. */
const timeStamp = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?/;

/** A log's line as a reader wants it: without time stamp, escape sequences and other control characters. */
export function plainText(line: string): string {
  return withoutControls(withoutEscapeSequences(line)).replace(timeStamp, "");
}
