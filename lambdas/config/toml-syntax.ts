import type { TomlError } from "smol-toml";

/**
 * Advice for each syntax error that smol-toml reports. Its own messages are never shown, because they quote the file.
 */
const advice: readonly (readonly [start: string, message: string])[] = [
  [
    "trying to redefine",
    "This key or table is defined twice. Keep one, or use `[[…]]` for a list of tables.",
  ],
  [
    "each key-value",
    "There is text after the value. Start a new line for each key, and put texts in quotes.",
  ],
  ["incomplete key-value", "A line must be `key = value` or a table's `[name]`."],
  ["unexpected end of key", "A key is missing here. A line must be `key = value` or a table's `[name]`."],
  ["illegal empty bare key", "A part of this key is empty. Remove a dot, or quote the key."],
  ["illegal character in key", "This key has a character that needs quotes. Quote the key."],
  ["illegal quoted key", "A key cannot be a multi-line string. Use one pair of quotes."],
  ["expected end of table array", "Close the list's name with `]]`."],
  ["expected comma", "Separate entries with commas, and close the brackets."],
  ["unfinished array", "This array has no end. Close it with `]`."],
  ["unfinished table", "This inline table has no end. Close it with `}`."],
  ["unfinished string", "This text has no end. Close it with the quotes that it begins with."],
  [
    "control characters are not allowed in comments",
    "Control characters are not allowed here. Remove this one.",
  ],
  [
    "control characters",
    'Close the text before its line ends, or use `"""`. Control characters need an escape.',
  ],
  ["unrecognised escape", "TOML does not know this escape. Double the backslash, or use single quotes."],
  ["invalid escape", "Remove the text after the backslash at the end of the line."],
  ["invalid unicode escape", "This is not a Unicode character. Write the character itself."],
  ["invalid non-hex", "A Unicode escape needs hexadecimal digits: `\\u` four, `\\U` eight."],
  ["invalid date", "This is not a date or time. Put it in quotes if it is text."],
  ["document contains excessively", "Brackets are nested too deeply. No setting needs this; remove them."],
  ["invalid value", "Expected a value here. Put texts in quotes; write `true` and `false` in lower case."],
  ["illegal leading zero", "A number cannot begin with 0. Put it in quotes if it is text."],
  ["illegal underscore", "This is not a number. Put it in quotes if it is text."],
  ["illegal character in numeric", "This is not a number. Put it in quotes if it is text."],
  ["unfinished numeric", "This is not a number. Put it in quotes if it is text."],
];

/** Lines that git has written, not a person. */
const linesOfGit: readonly (readonly [start: string, message: string])[] = [
  [
    "version https://git-lfs.github.com/",
    "This is a pointer of Git LFS. Keep the file itself in git, without LFS.",
  ],
  ["<<<<<<< ", "Git has marked a merge conflict here. Resolve it, and remove the marks."],
];

/** A description of the error that quotes nothing of the file. `line` is the text of its line. */
export function syntaxAdvice(error: TomlError, line: string): string {
  const reason = error.message.replace(/^Invalid TOML document: /, "");
  const [, message] =
    linesOfGit.find(([start]) => line.startsWith(start)) ??
    advice.find(([start]) => reason.startsWith(start)) ??
    [];
  return `Not valid TOML. ${message ?? "Check this line and the one before it."}`;
}
