import type { ErrorMark } from "./error-marks.js";

/** A mark where it was found. */
export interface Found {
  mark: ErrorMark;
  /** Lines after it that belong to its report. Grows as the report goes on. */
  after: number;
  /** What the line itself does not say. */
  note: string;
}
