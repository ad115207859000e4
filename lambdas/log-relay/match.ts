import type { ErrorPattern } from "./error-patterns.js";

/** An error pattern and the line that it matched. */
export interface Match {
  pattern: ErrorPattern;
  /** Lines after it that belong to its report. Grows as the report goes on. */
  after: number;
  /** The relay's addition to the line. */
  note: string;
}
