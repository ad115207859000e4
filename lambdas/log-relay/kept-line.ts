import type { ShownLine } from "./shown-line.js";

/** A line with its place in the log. */
export interface KeptLine extends ShownLine {
  /** Counted from 0: where it stands in the log. */
  number: number;
  /** Bytes that showing it takes, its line end included. */
  size: number;
  /** Bytes of the log before it. */
  bytesBefore: number;
}
