/**
 * How a tool says that something went wrong. A `cause` is a tool's own way to report a failure; a `hint` is a
 * word that failures are often told with, and passing tests too.
 */
export interface ErrorMark {
  tool: string;
  /**
   * Texts of which one is in each line that the pattern fits, whatever the case of their letters. Only lines with a
   * clue are looked at, so that a big log costs little.
   */
  clues: readonly string[];
  pattern: RegExp;
  grade: "cause" | "hint";
  /** Lines of context that say where it happened. */
  before: number;
  /** Lines of context that say what happened. Lines that are indented below them belong to it, too. */
  after: number;
  /** The report goes on up to a line that fits this; `after` counts from there. */
  until?: RegExp;
}

export type Context = Partial<Pick<ErrorMark, "before" | "after" | "until">>;

export const cause = (
  tool: string,
  clues: readonly string[],
  pattern: RegExp,
  context: Context = {},
): ErrorMark => ({ tool, clues, pattern, grade: "cause", before: 3, after: 6, ...context });

export const hint = (
  tool: string,
  clues: readonly string[],
  pattern: RegExp,
  context: Context = {},
): ErrorMark => ({ tool, clues, pattern, grade: "hint", before: 3, after: 5, ...context });
