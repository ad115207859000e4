import { oneLine } from "./clean.js";
import { codeSpan } from "./code-span.js";

/**
 * A text from outside as Markdown on one line, of at most `length` characters, of which GitHub makes nothing: no
 * link, no mention, no reference to an issue or a commit, no HTML. What has anything beyond plain words is inline
 * code as a whole, where GitHub looks for none of these, nor for the links that a repository may define itself.
 * https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
 */
export function inert(text: string, length: number): string {
  const line = oneLine(text, length);
  return line.split(" ").every(isPlain) ? line : codeSpan(line, length);
}

/** What means something to GitHub in a title, which is no Markdown but for inline code. */
const active = /[@#`<>[\]&*_~|\\$]|:\/\/|\bwww\.|\b(?:[A-Z][A-Z0-9]+|[gG][hH])-\d|\b[0-9a-fA-F]{7,40}\b/;

/** A name in the title of an issue, between `quotes`; as inline code where GitHub would make something of it. */
export function inTitle(name: string, length: number, quotes = ""): string {
  const line = oneLine(name, length);
  const isInert = line !== "" && !active.test(line.normalize("NFKC"));
  return isInert ? `${quotes}${line}${quotes}` : codeSpan(line, length);
}

/** Letters, in one piece or joined by hyphens in small ones, with punctuation around them that means nothing to Markdown. */
const plainWord =
  /^["'“(]?([\p{Lu}\p{Ll}\p{Lo}][\p{Lu}\p{Ll}\p{Lo}\p{M}]*(?:['’]\p{Ll}+)?|\p{Ll}+(?:-\p{Ll}+)+)["'”)]?[.,;:!?…]*["'”)]?$/u;
/** Not at a list's beginning, and too short for a commit. */
const plainNumber = /^\d{1,6}[,;:]?$/;
/** GitHub looks for commits in hexadecimal words of this length. */
const commit = /(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])/i;

function isPlain(word: string): boolean {
  if (plainNumber.test(word) || word === "–") return true;
  const letters = plainWord.exec(word)?.[1];
  return letters !== undefined && !commit.test(letters.normalize("NFKD").replace(/\p{M}/gu, ""));
}
