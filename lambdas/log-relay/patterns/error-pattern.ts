/**
 * How a tool reports that something went wrong. A `cause` is a tool's own report of a failure. A `hint` is a word that
 * is common in failures, but also in the output of passing tests.
 */
export interface ErrorPattern {
  tool: string;
  /**
   * Every line that `regex` matches contains one of these texts, in any case. Only lines with a keyword are decoded, so
   * big logs are cheap.
   */
  keywords: readonly string[];
  regex: RegExp;
  grade: "cause" | "hint";
  /** Lines of context before the match, with its location. */
  before: number;
  /** Lines of context after the match, with the details. Indented lines after them also belong to it. */
  after: number;
  /** The report ends at a line that matches this; `after` counts from there. */
  until?: RegExp;
}

export type Context = Partial<Pick<ErrorPattern, "before" | "after" | "until">>;

export const cause = (
  tool: string,
  keywords: readonly string[],
  regex: RegExp,
  context: Context = {},
): ErrorPattern => ({ tool, keywords, regex, grade: "cause", before: 3, after: 6, ...context });

export const hint = (
  tool: string,
  keywords: readonly string[],
  regex: RegExp,
  context: Context = {},
): ErrorPattern => ({ tool, keywords, regex, grade: "hint", before: 3, after: 5, ...context });
