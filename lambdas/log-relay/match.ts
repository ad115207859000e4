import type { ErrorPattern } from "./error-patterns.js";

/** An error pattern and the line that it matched. */
export interface Match {
  pattern: ErrorPattern;
  /** The number of lines after it that belong to its report. Grows as the report continues. */
  after: number;
  /** A note that the relay adds to the line. */
  note: string;
}
