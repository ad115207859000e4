import type { FormattedLine } from "./formatted-line.js";

/** A line with its position in the log. */
export interface KeptLine extends FormattedLine {
  /** Its number in the log, from 0. */
  number: number;
  /** Bytes that it takes in an excerpt, its line end included. */
  size: number;
  /** Bytes of the log before it. */
  bytesBefore: number;
}
