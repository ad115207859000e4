import { compiledTestPatterns } from "./patterns/compiled-tests.js";
import { compilerPatterns } from "./patterns/compilers.js";
import type { ErrorPattern } from "./patterns/error-pattern.js";
import { platformPatterns } from "./patterns/platforms.js";
import { scriptTestPatterns } from "./patterns/script-tests.js";
import { scriptToolPatterns } from "./patterns/script-tools.js";
import { allIsWell, passed, redText, stackFrame, wordPatterns, wordsToUnmask } from "./patterns/words.js";

export type { ErrorPattern } from "./patterns/error-pattern.js";

/** The last tool's output ends right before this line. */
const runnerError: ErrorPattern = {
  tool: "GitHub Actions",
  keywords: ["##["],
  regex: /^##\[error\]/,
  grade: "cause",
  before: 20,
  after: 2,
};

/** The first that matches a line counts. */
export const errorPatterns: readonly ErrorPattern[] = [
  runnerError,
  ...scriptTestPatterns,
  ...compiledTestPatterns,
  ...scriptToolPatterns,
  ...compilerPatterns,
  ...platformPatterns,
  ...wordPatterns,
];

/** For masked secrets, private keys and red text. These lines are decoded even if no error pattern needs them. */
export const otherKeywords = ["***", "private key", ...redText.keywords];

/**
 * The prefixes that runners of several tools put before a line: `#12 3.456 `, `web:test: `, `api-1  | `, `[Step 11] `,
 * `[12:34:56]: ▸ `.
 */
const prefix =
  /^(?:#\d+ \d+\.\d+ |[\w@/.-]+(?::[\w@/.:-]+: | test: | +[|>] )|\[(?!warn)[^\]]{1,40}\]:? (?:▸ )?|\d\d:\d\d:\d\d(?:[.,]\d+)? )/i;
const mostPrefixes = 3;

/** Returns `line`, and `line` without the prefixes of runners. */
export function withoutPrefixes(line: string): string[] {
  const forms = [line];
  for (let form = line; forms.length <= mostPrefixes; forms.push(form)) {
    const bare = form.replace(prefix, "");
    if (bare === form || bare === "") return forms;
    form = bare;
  }
  return forms;
}

/** The pattern that a line matches, if any: a cause rather than a hint. */
export function findErrorPattern(line: string, isRed = false): ErrorPattern | undefined {
  if (line.trim() === "") return undefined;
  const forms = withoutPrefixes(unmasked(line));
  if (forms.some((form) => passed.test(form))) return undefined;
  const isFrame = forms.some((form) => stackFrame.test(form));
  let hint: ErrorPattern | undefined;
  for (const form of forms) {
    const pattern = firstPattern(form);
    if (pattern?.grade === "cause") return pattern;
    hint ??= pattern;
  }
  if (isFrame) return undefined;
  return (
    (hint && firstPattern((forms.at(-1) ?? line).replace(allIsWell, ""))) ?? (isRed ? redText : undefined)
  );
}

const firstPattern = (line: string): ErrorPattern | undefined =>
  errorPatterns.find(({ regex }) => regex.test(line));

const masked = new Map(
  wordsToUnmask
    .flatMap((word) => [word, `${word[0]?.toUpperCase()}${word.slice(1)}`, word.toUpperCase()])
    .flatMap((word) =>
      [...new Set(word.replace(" ", ""))].map((letter): [string, string] => [
        word.replaceAll(letter, "***"),
        word,
      ]),
    )
    // Lower-case letters come last and win: `***rror` is more often `error` than `Error`.
    .reverse(),
);
const maskedWord = new RegExp(
  [...masked.keys()]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replaceAll("*", "\\*"))
    .join("|"),
  "g",
);

/** A line as it was before GitHub masked a secret of one letter: `##[***rror]` is `##[error]`. */
export function unmasked(line: string): string {
  return line.includes("***") ? line.replace(maskedWord, (word) => masked.get(word) ?? word) : line;
}
