import { withoutControls } from "../text/clean.js";
import { withoutEscapeSequences } from "../text/escape-sequences.js";

/** The time stamp of GitHub's runner at the start of each line. */
const timeStamp = /^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?/;

/** A line of a log without its time stamp, escape sequences and other control characters. */
export function plainText(line: string): string {
  return withoutControls(withoutEscapeSequences(line)).replace(timeStamp, "");
}
