import fc from "fast-check";
import { anyCharacter } from "../../any-character.js";

/** Transformations that a text may go through before somebody reads it. */
export const forms: [string, (text: string) => string][] = [
  ["as it is", (text) => text],
  ...(["NFC", "NFD", "NFKC", "NFKD"] as const).map((form): [string, (text: string) => string] => [
    form,
    (text) => text.normalize(form),
  ]),
];

const atoms = [
  // Look-alikes of fences, also by normalization.
  ..."`\u1fef\uff40\u02cb\u2035~\uff5e",
  "```",
  "````\n",
  "\n\u1fef\u1fef\u1fef\n",
  "\u2028\uff40\uff40\uff40\uff40\u2029",
  "\n\u02cb\u02cb\u02cb\n",
  "`\u1fef\uff40`",
  // References.
  "[relay 7f3a9c2e]",
  "[rel ay7f3a9c2e ]",
  "\uff3b\uff52\uff45\uff4c\uff41\uff59\u3000\uff17f3a9c2e\uff3d",
  "\u3010r\u0435l\u0430y 7f3a9c2e\u3011",
  "\ufe47RELAY\u00a07f3a9c2e\ufe48",
  "[re\u200blay 7f3a9c2e]",
  "[\u{1d42b}\u{1d41e}\u{1d425}\u{1d41a}\u{1d432} 7f3a9c2e]",
  "[relay",
  " 7f3a9c2e]",
  // Line ends.
  ..."\n\r\v\f\u0085\u2028\u2029\t ",
  "\r\n",
  "\n\n",
  // Invisible characters and bidi controls.
  ..."\u200b\u200d\u2060\ufeff\u00ad\u061c\u202e\u2066\u2069\u3164\u115f\u2800\ufff9\u0000\u001b\u009b\u0301\u0338",
  "\u{e0041}",
  "\u{1d159}",
  "1\ufe0f",
  "\u2764\ufe0f",
  "\u{1f468}\u200d\u{1f469}",
  "\ud83d",
  "\u001b[201~",
  // Text that GitHub interprets.
  "@mona",
  "@octo/team",
  "\uff20mona",
  "#12",
  "octo/app#3",
  "mona#4",
  "GH-5",
  "gh-6",
  "0123abc",
  "defaced",
  "mona@deadbeef",
  "octo/app@0123456789abcdef0123456789abcdef01234567",
  "JIRA-7",
  "https://evil.example/x",
  "HTTP://evil.example",
  "www.evil.example",
  "mail@evil.example",
  "https://github.com/octo/app/pull/8",
  "https://github.com/octo/other/issues/9",
  "[a](https://evil.example)",
  "![a](https://evil.example/p.png)",
  "<img src=x>",
  "<!-- coder-task-relay:status -->",
  "&#64;mona",
  "*a* _b_ ~~c~~ $d$ :tada:",
  "\n# a",
  "\n> a",
  "\n- [ ] a",
  "\n1. a",
  "\n---\n",
  "| a | b |\n| - | - |",
  "Pull request #8 (open): https://github.com/octo/app/pull/8",
  "Link: https://evil.example/x",
  "Link: https://github.com/octo/app/pull/8 @mona",
  // The relay's own phrases.
  "BRANCH: main",
  "ISSUE_URL: https://github.com/octo/app/issues/1",
  "Now:",
  "Cut here",
  // Harmless text.
  "words",
  "and more",
  "10",
  "\u6f22\u5b57",
];

/** A text that anybody may write anywhere. */
export const hostile: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...atoms) },
      { weight: 1, arbitrary: fc.string({ unit: anyCharacter, maxLength: 6 }) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(""));

/** The same with at least one character, as GitHub requires for some texts. */
export const hostileName = hostile.filter((text) => text.trim() !== "");

/** Backticks and their look-alikes. */
export const backtick = "[`\u1fef\uff40\u02cb\u2035]";
/** Everything that some reader takes for a line end. */
export const lineEnd = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/** Invisible characters, except variation selectors of the character before, and joiners of emoji or of letters. */
export function invisibleIn(text: string): string[] {
  const rest = text
    .replace(
      /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])[\ufe0e\ufe0f]|(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}]/gu,
      "",
    )
    .replace(/(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}])\u200d(?=\p{Extended_Pictographic})/gu, "")
    .replace(/(?<=(?![\p{ASCII}\p{Script=Latin}])[\p{L}\p{M}])[\u200c\u200d](?![\u200c\u200d])/gu, "");
  return (
    rest.match(/(?![\n\t])\p{Cc}|[\p{Default_Ignorable_Code_Point}\p{Surrogate}\u2028\u2029\u2800]/gu) ?? []
  );
}

/** A Markdown line without its code spans (https://spec.commonmark.org/0.31.2/#code-spans). */
export function withoutCode(line: string): string {
  return line.replace(/(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)/g, "");
}

/** Text that GitHub would interpret, or Markdown would format, outside of code. */
export const active =
  /[@<>[\]*_~|\\&$`]|#\d|:\/\/|\bwww\.|\bgh-\d|\b[A-Z]+-\d|\b[0-9a-f]{7,40}\b|^\s*(?:#|\d+[.)]\s|[-+=]+(?:\s|$))|:\w+:/i;
