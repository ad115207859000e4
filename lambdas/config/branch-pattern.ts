/**
 * The patterns of GitHub's workflow filters, for branches:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet
 */
export interface BranchPattern {
  /** With a leading `!`, the pattern excludes branches that earlier ones include. */
  excludes: boolean;
  matches: (branch: string) => boolean;
}

/** Matches one or more characters in a row. */
interface Step {
  allows: (character: string) => boolean;
  /** How many steps ahead matching may skip without consuming a character. */
  skips: readonly number[];
  /** Whether it may match several characters. */
  repeats: boolean;
}

const once = { skips: [], repeats: false };
const anyNumber = { skips: [1], repeats: true };

/** Parses a pattern. A fault says what to do and quotes nothing of the pattern. */
export function parseBranchPattern(pattern: string): BranchPattern | { fault: string } {
  const excludes = pattern.startsWith("!");
  const steps: Step[] = [];
  let rest = excludes ? pattern.slice(1) : pattern;
  if (rest === "") return { fault: "Expected a pattern after the `!`." };
  if (rest.startsWith("refs/heads/"))
    return { fault: "Expected the name of a branch alone, without `refs/heads/`." };
  /** The character or set that a following `?` or `+` applies to. */
  let last: Step | undefined;
  let before = "";
  for (let token = ""; rest !== ""; rest = rest.slice(token.length)) {
    before = token;
    [token] = /^(?:\*\*|\[[^\]]*\]?|\\?[\s\S])/u.exec(rest) ?? [rest];
    const quantified: Step | undefined = last;
    last = undefined;
    if (token === "**") {
      // `a/**/b` also matches `a/b`: a step that matches nothing may skip the stars and the slash.
      const isWholeFolders = rest.startsWith("**/") && (before === "" || before === "/");
      if (isWholeFolders) steps.push({ allows: () => false, skips: [1, 3], repeats: false });
      steps.push({ allows: () => true, ...anyNumber });
    } else if (token === "*") {
      steps.push({ allows: (character) => character !== "/", ...anyNumber });
    } else if (token === "?" || token === "+") {
      if (!quantified) {
        return { fault: `\`${token}\` must follow a character or \`[…]\`; escape it as \`\\${token}\`.` };
      }
      if (token === "?") quantified.skips = [1];
      else quantified.repeats = true;
    } else if (token.startsWith("[")) {
      const allowed = charactersOf(token);
      if (!allowed) {
        return { fault: "`[…]` must list letters, digits and ranges such as `a-z`, and be closed." };
      }
      last = { allows: (character) => allowed.test(character), ...once };
      steps.push(last);
    } else if (token === "\\") {
      return { fault: "Expected a character after the last backslash." };
    } else {
      const literal = token.replace(/^\\/, "");
      last = { allows: (character) => character === literal, ...once };
      steps.push(last);
    }
  }
  return { excludes, matches: (branch) => matches(steps, branch) };
}

/** `[0-9a-z]` as a regular expression that contains only literal characters and ranges. */
function charactersOf(token: string): RegExp | undefined {
  if (!/^\[(?:[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]|[A-Za-z0-9_.])+\]$/.test(token)) return undefined;
  try {
    return new RegExp(`^${token}$`);
  } catch {
    // The range runs backwards.
    return undefined;
  }
}

/** Reads the branch once and tracks all steps that it could be at, so no pattern takes longer than m × n. */
function matches(steps: readonly Step[], branch: string): boolean {
  let reached = open(steps, new Set([0]));
  for (const character of branch) {
    const next = new Set<number>();
    for (const index of reached) {
      const step = steps[index];
      if (!step?.allows(character)) continue;
      next.add(index + 1);
      if (step.repeats) next.add(index);
    }
    reached = open(steps, next);
    if (reached.size === 0) return false;
  }
  return reached.has(steps.length);
}

/** Adds the steps that can be reached because the steps before them may match nothing. */
function open(steps: readonly Step[], reached: Set<number>): Set<number> {
  // Iterating a set also visits elements that are added during the iteration.
  for (const index of reached) for (const skipped of steps[index]?.skips ?? []) reached.add(index + skipped);
  return reached;
}
