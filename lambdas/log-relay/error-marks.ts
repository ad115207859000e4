import { compiledTestMarks } from "./marks/compiled-tests.js";
import { compilerMarks } from "./marks/compilers.js";
import type { ErrorMark } from "./marks/mark.js";
import { platformMarks } from "./marks/platforms.js";
import { scriptTestMarks } from "./marks/script-tests.js";
import { scriptToolMarks } from "./marks/script-tools.js";
import { allIsWell, passed, redText, stackFrame, wordMarks, wordsToUnmask } from "./marks/words.js";

export type { ErrorMark } from "./marks/mark.js";

/** Whatever the tool, its last words stand right before the runner's. */
const runnersError: ErrorMark = {
  tool: "GitHub Actions",
  clues: ["##["],
  pattern: /^##\[error\]/,
  grade: "cause",
  before: 20,
  after: 2,
};

/** The first that fits a line counts. */
export const errorMarks: readonly ErrorMark[] = [
  runnersError,
  ...scriptTestMarks,
  ...compiledTestMarks,
  ...scriptToolMarks,
  ...compilerMarks,
  ...platformMarks,
  ...wordMarks,
];

/** How secrets are masked, and private keys framed: lines that are looked at though they may hold no mark. */
export const otherClues = ["***", "private key", ...redText.clues];

/**
 * What runners of several tools put before a line: `#12 3.456 `, `web:test: `, `api-1  | `, `[Step 11] `,
 * `[12:34:56]: ▸ `.
 */
const prefix =
  /^(?:#\d+ \d+\.\d+ |[\w@/.-]+(?::[\w@/.:-]+: | test: | +[|>] )|\[(?!warn)[^\]]{1,40}\]:? (?:▸ )?|\d\d:\d\d:\d\d(?:[.,]\d+)? )/i;
const mostPrefixes = 3;

/** `line` and what is left of it without the prefixes of runners. */
export function withoutPrefixes(line: string): string[] {
  const forms = [line];
  for (let form = line; forms.length <= mostPrefixes; forms.push(form)) {
    const bare = form.replace(prefix, "");
    if (bare === form || bare === "") return forms;
    form = bare;
  }
  return forms;
}

/** The mark in a line, if there is one. */
export function errorMarkOf(line: string, isRed = false): ErrorMark | undefined {
  if (line.trim() === "") return undefined;
  const forms = withoutPrefixes(unmasked(line));
  if (forms.some((form) => passed.test(form))) return undefined;
  const isFrame = forms.some((form) => stackFrame.test(form));
  let found: ErrorMark | undefined;
  for (const form of forms) {
    const mark = firstMark(form);
    if (mark?.grade === "cause") return mark;
    found ??= mark;
  }
  if (isFrame) return undefined;
  return (found && firstMark((forms.at(-1) ?? line).replace(allIsWell, ""))) ?? (isRed ? redText : undefined);
}

const firstMark = (line: string): ErrorMark | undefined =>
  errorMarks.find(({ pattern }) => pattern.test(line));

const masked = new Map(
  wordsToUnmask
    .flatMap((word) => [word, `${word[0]?.toUpperCase()}${word.slice(1)}`, word.toUpperCase()])
    .flatMap((word) =>
      [...new Set(word.replace(" ", ""))].map((letter): [string, string] => [
        word.replaceAll(letter, "***"),
        word,
      ]),
    )
    // Small letters come last, and stay: `***rror` is more often `error` than `Error`.
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
