import { cleanText } from "../text/clean.js";
import { inert } from "../text/inert.js";
import { cutToLimit } from "../text/limits.js";

/** The repository on whose pages a text is quoted. Only links into this repository are kept. */
export interface QuotationContext {
  /** GitHub's pages: `https://github.com`. */
  origin: string;
  repository: { owner: string; name: string; private: boolean };
}

/** The maximum length of a text, and of its Markdown, in UTF-16 units. Three such texts fit into a comment. */
const textLength = 4000;
const markdownLength = 16_000;
const lineLength = 4000;

/**
 * Quotes a text in Markdown so that GitHub renders none of its links, mentions or HTML. `shown` gets a line and its index,
 * and may render it as Markdown with a link.
 */
export function quotation(text: string, shown: (line: string, index: number) => string = inertLine): string {
  const quoted: string[] = [];
  let length = 0;
  const start = cutToLimit(cleanText(text).trim(), { max: textLength, unit: "utf16" });
  for (const [index, line] of start.split("\n").entries()) {
    const next = line.trim() === "" ? ">" : `> ${shown(line.trim(), index)}`;
    length += next.length + 1;
    if (length > markdownLength) {
      quoted.push("> …");
      break;
    }
    quoted.push(next);
  }
  return quoted.join("\n");
}

export function inertLine(line: string): string {
  return inert(line, lineLength);
}

const pullRequest = /^Pull request #(\d+)( \([a-z]+\))?: (.+)$/;
const link = /^Link: (\S+)$/;

/**
 * A line of Coder's report, as the backends write it. Its link is kept if it leads into this repository. The name of another
 * repository is left out, because that repository may be private and hidden from some readers of this page.
 */
export function reportLine(line: string, context: QuotationContext): string {
  const [, number, state = "", url = ""] = pullRequest.exec(line) ?? [];
  if (number === undefined) return isInRepository(link.exec(line)?.[1], context) ? line : inertLine(line);
  if (isInRepository(url, context) && url.endsWith(`/pull/${number}`)) return line;
  // GitHub would link a bare number to this repository.
  const isNamed = context.repository.private && !isOnGitHub(url, context);
  return `Pull request${state}: ${isNamed ? inertLine(url) : "in another repository"}`;
}

const denial = /^(The agent did not get )(\S+?)(: )(.*)$/;

/** The line about an input that the agent did not get, with a link to it. */
export function denialLine(line: string, context: QuotationContext): string {
  const [, start, url, colon, reason = ""] = denial.exec(line) ?? [];
  return isInRepository(url, context) ? `${start}${url}${colon}${inertLine(reason)}` : inertLine(line);
}

function isOnGitHub(url: string, { origin }: QuotationContext): boolean {
  return url.toLowerCase().startsWith(`${origin}/`.toLowerCase());
}

/** Whether `url` is a page of this repository, and Markdown, GitHub and browsers all parse it in the same way. */
function isInRepository(
  url: string | undefined,
  { origin, repository: { owner, name } }: QuotationContext,
): boolean {
  const start = `${origin}/${owner}/${name}/`.toLowerCase();
  if (url?.toLowerCase().startsWith(start) !== true) return false;
  const rest = url.slice(start.length);
  return /^[\w./#-]+$/.test(rest) && !/(?:^|\/)\.\.?(?:[/#]|$)/.test(rest);
}
