/**
 * Invisible characters that change how a text reads, or hide text. Unicode calls most of them default-ignorable: bidi
 * controls, zero-width characters including the BOM, tags and variation selectors. The interlinear annotation marks,
 * the blank Braille pattern and the null notehead are invisible too. Selectors of an emoji's or ideograph's variant stay.
 */
const invisible =
  /((?<=\p{Extended_Pictographic}|\p{Emoji_Modifier})[\ufe0e\ufe0f]|(?<=[0-9#*])\ufe0f(?=\u20e3)|(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}])|[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb\u2800\u{1d159}]/gu;

/** Invisible characters as `⟨U+202E⟩`. */
export function withVisibleInvisibles(text: string): string {
  return text.replace(
    invisible,
    (character: string, harmless: string | undefined) => harmless ?? named(character),
  );
}

/** The text of a JSON value with invisible characters and all line ends escaped. The value stays the same. */
export function withEscapedInvisibles(json: string): string {
  return json
    .replace(invisible, (character: string, harmless: string | undefined) => harmless ?? escaped(character))
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
