import { oneLine } from "./clean.js";
import { codeSpan } from "./code-span.js";

/**
 * An untrusted text as Markdown on one line, of at most `length` characters, in which GitHub finds no link, no mention,
 * no reference to an issue or a commit, and no HTML. A text that is more than plain words becomes inline code, in which
 * GitHub looks for none of these, nor for the autolinks that a repository may define.
 * https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
export function inert(text: string, length: number): string {
  const line = oneLine(text, length);
  return line.split(" ").every(isPlain) ? line : codeSpan(line, length);
}

/** The text that GitHub interprets in a title. A title is not Markdown, except for inline code. */
const active = /[@#`<>[\]&*_~|\\$]|:\/\/|\bwww\.|\b(?:[A-Z][A-Z0-9]+|[gG][hH])-\d|\b[0-9a-fA-F]{7,40}\b/;

/** A name in the title of an issue, between `quotes`; as inline code if GitHub would interpret it. */
export function inTitle(name: string, length: number, quotes = ""): string {
  const line = oneLine(name, length);
  const isInert = line !== "" && !active.test(line.normalize("NFKC"));
  return isInert ? `${quotes}${line}${quotes}` : codeSpan(line, length);
}

/** A word of letters, or a few short ones joined by hyphens, with punctuation that Markdown does not interpret. */
const plainWord =
  /^["'“(]?([\p{Lu}\p{Ll}\p{Lo}][\p{Lu}\p{Ll}\p{Lo}\p{M}]*(?:['’]\p{Ll}+)?|\p{Ll}+(?:-\p{Ll}+)+)["'”)]?[.,;:!?…]*["'”)]?$/u;
/** A number that starts no list and is too short for a commit. */
const plainNumber = /^\d{1,6}[,;:]?$/;
/** GitHub looks for commits in hexadecimal words of this length. */
const commit = /(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])/i;

function isPlain(word: string): boolean {
  if (plainNumber.test(word) || word === "–") return true;
  const letters = plainWord.exec(word)?.[1];
  if (letters === undefined) return false;
  // Some readers end a word at an accent, others ignore it.
  const apart = letters.normalize("NFKD");
  const readings = [letters, letters.normalize("NFKC"), apart, apart.replace(/\p{M}/gu, "")];
  return !readings.some((reading) => commit.test(reading));
}
