/**
 * What has no shape of its own but changes how a text reads, or hides one: bidi controls, zero-width characters
 * with the BOM, tags, variation selectors, all of which Unicode calls default-ignorable; and the interlinear
 * annotation marks, which it does not. The selectors that choose an emoji's or an ideograph's look stay.
 */
const invisible =
  /((?<=\p{Emoji})[\ufe0e\ufe0f]|(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}])|[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

/** Invisible characters as `⟨U+202E⟩`. */
export function withVisibleInvisibles(text: string): string {
  return text.replace(
    invisible,
    (character: string, harmless: string | undefined) => harmless ?? named(character),
  );
}

function named(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `⟨U+${hex.padStart(4, "0")}⟩`;
}
