import { cleanText } from "../text/clean.js";
import { inert } from "../text/inert.js";
import { cutToLimit } from "../text/limits.js";

/** Where a text is quoted, and so which addresses in it are the relay's own. */
export interface QuotationPlace {
  /** GitHub's pages: `https://github.com`. */
  origin: string;
  repository: { owner: string; name: string; private: boolean };
}

/** The most of a text, before and after it has become Markdown, in UTF-16 units: three fit into a comment. */
const textLength = 4000;
const markdownLength = 16_000;
const lineLength = 4000;

/**
 * A quotation in Markdown, of which GitHub makes nothing but what the relay means: `shown` may give a line, by its
 * index, as Markdown with a link.
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
 * A line of what is known of the work, as the backends write them: with its link if it leads into this repository. In
 * which other one a pull request is, is not told: it may be private, and who reads this need not be able to read it.
 */
export function reportLine(line: string, place: QuotationPlace): string {
  const [, number, state = "", url = ""] = pullRequest.exec(line) ?? [];
  if (number === undefined) return isInRepository(link.exec(line)?.[1], place) ? line : inertLine(line);
  if (isInRepository(url, place) && url.endsWith(`/pull/${number}`)) return line;
  // A number alone would be one of this repository.
  const isNamed = place.repository.private && !isOnGitHub(url, place);
  return `Pull request${state}: ${isNamed ? inertLine(url) : "in another repository"}`;
}

const denial = /^(The agent was not told of )(\S+?)(: )(.*)$/;

/** What an agent was not told, with a link to it. */
export function denialLine(line: string, place: QuotationPlace): string {
  const [, words, url, colon, reason = ""] = denial.exec(line) ?? [];
  return isInRepository(url, place) ? `${words}${url}${colon}${inertLine(reason)}` : inertLine(line);
}

function isOnGitHub(url: string, { origin }: QuotationPlace): boolean {
  return url.toLowerCase().startsWith(`${origin}/`.toLowerCase());
}

/** A page of this very repository, with nothing in its address that Markdown, GitHub or a browser would read in another way. */
function isInRepository(
  url: string | undefined,
  { origin, repository: { owner, name } }: QuotationPlace,
): boolean {
  const start = `${origin}/${owner}/${name}/`.toLowerCase();
  if (url?.toLowerCase().startsWith(start) !== true) return false;
  const rest = url.slice(start.length);
  return /^[\w./#-]+$/.test(rest) && !/(?:^|\/)\.\.?(?:[/#]|$)/.test(rest);
}
