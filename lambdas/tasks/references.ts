/** An issue that a text names. */
export interface TextReference {
  /** Left out for the text's own repository. */
  repository?: { owner: string; name: string };
  issue: number;
  /** How clearly the text says that it is for this issue, the clearest first. */
  clarity: "closes" | "serves" | "mentions";
}

/** A text that lists more issues than this doesn't say what its pull request is for. */
const most = 20;

/** What may stand before a reference: a list marker, asterisks for bold, or a bracket, for example of a link. */
const begun = "(?:[-*+]\\s+)?[*[(<]{0,3}$";
/** Between words and a reference. The words may be bold. */
const upToReference = `(?: the)?(?: (?:issue|bug|ticket|task))?\\*{0,2}:?\\*{0,2}\\s+${begun}`;

/** https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue */
const closingWords = new RegExp(`\\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)${upToReference}`, "i");

/** Other words for work on an issue. An issue after "after" or "unlike", for example, is only mentioned. */
const servingWords = new RegExp(
  [
    "\\b(?:part of|towards?|for|contributes to|refs?|references|work(?:s|ing)? on|solv(?:e[sd]?|ing)|closing|fixing",
    "|resolving|address(?:e[sd]|ing)?|implement(?:s|ed|ing|ation of)?)",
    upToReference,
  ].join(""),
  "i",
);

/** A field of a template: `Issue: #57`, or a reference below such a heading. */
const field = new RegExp(
  `(?:^|\\n)[\\s#*+-]*(?:linked |github )?(?:issue|ticket|task)s?\\*{0,2}(?::\\*{0,2}\\s|\\s*\\n)\\s*${begun}`,
  "i",
);

/** GitHub's names of accounts and repositories. A number counts only if nothing is attached to it. */
const repositoryName = "([0-9A-Za-z][0-9A-Za-z-]*)/([\\w.-]+)";
const number = "(\\d{1,10})(?![\\w]|\\.\\d)";

/**
 * The issues that a pull request's text names, the clearest first, otherwise in the text's order: `#57`, `GH-57`,
 * `owner/repo#57`, the URL of an issue on the same host. `repositoryUrl` is the URL of the repository. Code and quotations
 * are left out. A bare number may belong to an issue or to a pull request.
 */
export function referencesIn(body: string, repositoryUrl: string): TextReference[] {
  const text = withoutCodeSpans(ownWords(body));
  const { origin, pathname } = new URL(repositoryUrl);
  const host = origin.replace(/[.]/g, "\\.");
  const forms = new RegExp(
    [
      `${host}/${repositoryName}/issues/${number}`,
      // Other URLs are skipped.
      "https?://\\S+",
      `(?<![\\w/.&-])${repositoryName}#${number}`,
      `(?<![\\w/#&-])(?:#|GH-)${number}`,
    ].join("|"),
    "gi",
  );
  const found = [...text.matchAll(forms)].flatMap((match) => {
    const [, host1, host2, byUrl, owner1, owner2, byName, plain] = match;
    const issue = Number(byUrl ?? byName ?? plain ?? 0);
    if (issue === 0) return [];
    const [owner, name] = [host1 ?? owner1, host2 ?? owner2];
    const isOwn = !owner || `/${owner}/${name}`.toLowerCase() === pathname.toLowerCase();
    const clarity = clarityOf(text.slice(Math.max(0, match.index - 40), match.index));
    return [{ ...(!isOwn && name && { repository: { owner, name } }), issue, clarity }];
  });
  return (["closes", "serves", "mentions"] as const)
    .flatMap((clarity) => found.filter((reference) => reference.clarity === clarity))
    .slice(0, most);
}

/** `before` is the text just before the reference. */
function clarityOf(before: string): TextReference["clarity"] {
  if (closingWords.test(before)) return "closes";
  return servingWords.test(before) || field.test(before) ? "serves" : "mentions";
}

/** The author's own statements: a Markdown text without fenced and indented code, quotations and HTML comments. */
export function ownWords(markdown: string): string {
  const kept: string[] = [];
  let fence: string | undefined;
  let isAfterBlank = true;
  let isInList = false;
  for (const line of markdown.replace(/<!--[\s\S]*?(?:-->|$)/g, "").split(/\r\n?|\n/)) {
    const [, opening = ""] = /^\s*(?:[-*+]\s+|\d+[.)]\s+)*(`{3,}(?!.*`)|~{3,})/.exec(line) ?? [];
    if (fence !== undefined) {
      const closing = line.trim();
      if (closing.startsWith(fence) && closing === fence.charAt(0).repeat(closing.length)) fence = undefined;
      continue;
    }
    if (opening !== "") {
      fence = opening;
      continue;
    }
    const isBlank = line.trim() === "";
    const isIndented = /^(?: {4}|\t)/.test(line);
    if (!isBlank && !isIndented)
      isInList = /^ {0,3}(?:[-*+]|\d+[.)])\s/.test(line) || (isInList && !isAfterBlank);
    const isCode: boolean = isIndented && isAfterBlank && !isInList && !isBlank;
    const isQuotation = /^\s*(?:[-*+]\s+|\d+[.)]\s+)*>/.test(line);
    if (!isCode && !isQuotation) kept.push(line);
    // Indented code continues on the next line.
    isAfterBlank = isBlank || isCode;
  }
  return kept.join("\n");
}

function withoutCodeSpans(text: string): string {
  return text.replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, " ");
}

/** In a branch name, a number after one of these words is an issue's. */
const branchWords =
  "(?:issues?|gh|fix(?:e[sd])?|close[sd]?|resolve[sd]?|bug|bugfix|hotfix|feat|feature|task)";

/**
 * The issue that a branch's name points to: `57-commas`, `57.commas`, `fix/57-commas`, `fix-57`, and `issue-57` or `#57`
 * anywhere. Any other number is as likely a version, a date or a ticket of another system (`node-20-upgrade`,
 * `release/1.2`, `2026-11-25-sweep`, `JIRA-123`).
 */
export function issueInBranch(branch: string): number | undefined {
  if (/^(?:dependabot|renovate|release|releases|rel|version|versions|stable)\//i.test(branch))
    return undefined;
  const marked = /(?:#|(?:^|[/_-])(?:issues?|gh)[-_/#]?)(\d{1,10})(?![\w]|\.\d)/i.exec(branch);
  if (marked) return positive(marked[1]);
  for (const part of branch.split("/")) {
    // At most two words, as in `fix-issue-57`. With no limit, the expression could backtrack in countless ways.
    const [, digits, rest = ""] =
      new RegExp(`^(?:${branchWords}[-_]?){0,2}(\\d{1,10})((?:[-_.].*)?)$`, "i").exec(part) ?? [];
    if (digits === undefined || isVersionOrDate(digits, rest)) continue;
    return positive(digits);
  }
  return undefined;
}

/** `1.2`, `20.x`, `2026-11-25`, `2026-11`. */
function isVersionOrDate(digits: string, rest: string): boolean {
  const isVersion = /^\.(?:\d|x\b|\*)/i.test(rest);
  const isDate = /^(?:19|20)\d\d$/.test(digits) && /^[-_.](?:0?[1-9]|1[0-2])(?=$|[-_.])/.test(rest);
  return isVersion || isDate;
}

function positive(digits: string | undefined): number | undefined {
  return Number(digits) > 0 ? Number(digits) : undefined;
}
