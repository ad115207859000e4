import type { FormattedLine } from "./formatted-line.js";

/** A line with its position in the log. */
export interface KeptLine extends FormattedLine {
  /** Its number in the log, starting at 0. */
  number: number;
  /** Bytes that it takes in an excerpt, including its line end. */
  size: number;
  /** Bytes of the log before it. */
  bytesBefore: number;
}
