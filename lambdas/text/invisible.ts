/**
 * Invisible characters that change how a text reads, or hide text. Unicode calls most of them default-ignorable: bidi
 * controls, zero-width characters including the BOM, tags and variation selectors. The interlinear annotation marks,
 * the blank Braille pattern and the null notehead are invisible too.
 */
const invisible = String.raw`[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800\u{1d159}]`;

const scripts = "Arabic Bengali Devanagari Gujarati Gurmukhi Kannada Malayalam Oriya Sinhala Tamil Telugu";
const inScripts = scripts.split(" ").map((script) => String.raw`\p{Script=${script}}`);
/** A visible sign of a script in which a joiner or non-joiner changes the form of a letter. */
const joined = `(?!${invisible})[${inScripts.join("")}]`;
const visibleMark = String.raw`(?!${invisible})\p{M}`;
/** The signs of these scripts that silence the vowel of a letter. */
const viramas = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]`;

/** Those that stay: selectors of an emoji's or ideograph's variant, and joiners of an emoji's parts or of letters. */
const harmless = [
  String.raw`(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier})[\ufe0e\ufe0f]`,
  String.raw`(?<=[0-9#*])\ufe0f(?=\u20e3)`,
  String.raw`(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}]`,
  String.raw`(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=${joined}(?:${visibleMark})?)[\u200c\u200d](?=${joined})`,
  String.raw`(?<=${viramas})[\u200c\u200d](?![\u200c\u200d])`,
];

const pattern = new RegExp(`(${harmless.join("|")})|${invisible}`, "gu");

/** Invisible characters as `⟨U+202E⟩`. */
export function withVisibleInvisibles(text: string): string {
  return text.replace(pattern, (character: string, kept: string | undefined) => kept ?? named(character));
}

/** The text of a JSON value with invisible characters and all line ends escaped. The value stays the same. */
export function withEscapedInvisibles(json: string): string {
  return json
    .replace(pattern, (character: string, kept: string | undefined) => kept ?? escaped(character))
    .replace(/[\u007f-\u009f\u2028\u2029]/g, escaped);
}

/** JSON's escape of a character, by UTF-16 units. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, i) => character.charCodeAt(i));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

function named(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `⟨U+${hex.padStart(4, "0")}⟩`;
}
