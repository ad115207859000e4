/** The parts of a pattern's source: escapes, classes, brackets, quantifiers and single characters. */
const parts = /\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?::|<?[=!]))?|\{\d+(?:,\d*)?\}|[\s\S]/g;

/**
 * The longest text, in lower case, that every match of a pattern contains, as a list of one; an empty list if there is
 * none. Searching for it first is much faster than trying the pattern. The pattern must not have alternatives outside of
 * groups.
 */
export function keywordsOf(source: string): string[] {
  const runs = [""];
  let depth = 0;
  for (const [part] of source.matchAll(parts)) {
    if (part.startsWith("(")) depth += 1;
    if (part === ")") depth -= 1;
    const literal = depth > 0 ? undefined : literalOf(part);
    const last = runs.length - 1;
    if (literal !== undefined) {
      runs[last] += literal;
      continue;
    }
    // An optional character is not in every match.
    if (/^(?:[?*]|\{0)/.test(part)) runs[last] = runs[last]?.slice(0, -1) ?? "";
    if (part !== "\\b") runs.push("");
  }
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  return longest === "" ? [] : [longest.toLowerCase()];
}

function literalOf(part: string): string | undefined {
  if (/^\\[^a-zA-Z0-9]$/.test(part)) return part.slice(1);
  return /^[^\\[\](){}?*+|.^$]$/.test(part) ? part : undefined;
}
