import type { TomlError } from "smol-toml";

/**
 * What to do about each fault of syntax that smol-toml names. Its own text is never shown: it quotes the file.
 */
const advice: readonly (readonly [start: string, message: string])[] = [
  [
    "trying to redefine",
    "This key or table is defined twice. Keep one, or use `[[…]]` for a list of tables.",
  ],
  ["each key-value", "There is something behind the value. Begin a new line for each key, and quote texts."],
  ["incomplete key-value", "A line must be `key = value` or a table's `[name]`."],
  ["unexpected end of key", "There is no key here. A line must be `key = value` or a table's `[name]`."],
  ["illegal empty bare key", "A part of this key is empty. Remove a dot, or quote the key."],
  ["illegal character in key", "There is a character here that no key can have. Quote the key."],
  ["illegal quoted key", "A key cannot be a multi-line string. Use one pair of quotes."],
  ["expected end of table array", "Close the list's name with `]]`."],
  ["expected comma", "Separate entries by commas, and close the brackets."],
  ["unfinished array", "This array has no end. Close it with `]`."],
  ["unfinished table", "This inline table has no end. Close it with `}`."],
  ["unfinished string", "This text has no end. Close it with the quotes that it begins with."],
  ["control characters are not allowed in comments", "There is a control character here. Remove it."],
  [
    "control characters",
    'Close the text before its line ends, or use `"""`. Control characters need an escape.',
  ],
  ["unrecognised escape", "TOML does not know this escape. Double the backslash, or use single quotes."],
  ["invalid escape", "A backslash at the end of a line must have nothing behind it."],
  ["invalid unicode escape", "This is no Unicode character. Write the character itself."],
  ["invalid non-hex", "A Unicode escape needs hexadecimal digits: `\\u` four, `\\U` eight."],
  ["invalid date", "This is no date or time. Put it in quotes if it is text."],
  ["document contains excessively", "Brackets are nested too deeply. No setting is; remove them."],
  ["invalid value", "This is no value. Put texts in quotes; `true` and `false` are in small letters."],
  ["illegal leading zero", "A number cannot begin with 0. Put it in quotes if it is text."],
  ["illegal underscore", "This is no number. Put it in quotes if it is text."],
  ["illegal character in numeric", "This is no number. Put it in quotes if it is text."],
  ["unfinished numeric", "This is no number. Put it in quotes if it is text."],
];

/** What is wrong, in our words, with nothing of the file in it. */
export function syntaxAdvice(error: TomlError): string {
  const reason = error.message.replace(/^Invalid TOML document: /, "");
  const [, message] = advice.find(([start]) => reason.startsWith(start)) ?? [];
  return `Not valid TOML. ${message ?? "Look at this line and the one before it."}`;
}
