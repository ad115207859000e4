import type { Access } from "../api/access.js";
import { notFound } from "../api/coder-api.js";
import { integerParam } from "../api/pagination.js";
import { badSearch, parseSearch } from "../api/search-query.js";
import type { FakeChat } from "./chat.js";
import type { Chats } from "./chats.js";
import { textOf } from "./content.js";
import { labelFilter } from "./labels.js";

const badQuery = "Invalid chat search query.";
const pullRequestKeys = ["pr_status", "diff_url", "pr", "repo", "pr_title"];

/** `GET /chats`: the caller's own chats and those shared with them, but not the others that an admin may read. */
export class ChatSearch {
  constructor(
    private readonly chats: Chats,
    private readonly hasSources: () => boolean,
  ) {}

  /** Pinned chats first, then the most recently changed. */
  list(query: URLSearchParams, caller: Access): FakeChat[] {
    const offset = integerParam(query, "offset") ?? 0;
    const limit = integerParam(query, "limit") || 50;
    const fits = this.#filter(query.get("q") ?? "", caller);
    const labels = Object.entries(labelFilter(query.getAll("label")));
    const found = this.chats.all
      .filter((chat) => fits(chat) && labels.every(([key, value]) => chat.labels[key] === value))
      .sort((a, b) => pinRank(a) - pinRank(b) || b.turns.change - a.turns.change);
    const afterId = query.get("after_id");
    const after = afterId === null ? -1 : found.findIndex(({ id }) => id === afterId.toLowerCase());
    if (afterId !== null && after < 0) throw notFound();
    return found.slice(after + 1 + offset).slice(0, limit);
  }

  #filter(q: string, caller: Access): (chat: FakeChat) => boolean {
    const keys = ["title", "archived", "has_unread", "search", ...pullRequestKeys];
    const { terms, words } = parseSearch(q, this.hasSources() ? [...keys, "source"] : keys, badQuery);
    if (words.length > 0) {
      const detail = "Bare terms are not supported; use title:<value> or search:<value>.";
      throw badSearch(badQuery, [{ field: "q", detail }]);
    }
    const last = (key: string) => terms.get(key)?.at(-1);
    const isArchived = boolean("archived", last("archived")) ?? false;
    const hasUnread = boolean("has_unread", last("has_unread")) ?? false;
    const sources = this.#sources(terms.get("source") ?? []);
    const tests = [...terms].map(([key, values]) => matcher(key, values.at(-1) ?? ""));
    return (chat) =>
      chat.archived === isArchived &&
      !hasUnread &&
      ((sources.includes("created_by_me") && chat.ownerUser === caller.me) ||
        (sources.includes("shared_with_me") && this.chats.isSharedWith(chat, caller))) &&
      tests.every((fits) => fits(chat));
  }

  #sources(values: string[]): string[] {
    const sources = values.flatMap((value) => value.split(","));
    const unknown = sources.filter((source) => source !== "created_by_me" && source !== "shared_with_me");
    if (unknown.length > 0) {
      const detail = `Query param "source" has invalid values: ${unknown.join(", ")}`;
      throw badSearch(badQuery, [{ field: "source", detail }]);
    }
    return sources.length > 0 ? sources : ["created_by_me"];
  }
}

function pinRank({ pinOrder }: FakeChat): number {
  return pinOrder || Number.MAX_SAFE_INTEGER;
}

function boolean(field: string, value: string | undefined): boolean | undefined {
  if (value === undefined || value === "true" || value === "false") return value && value === "true";
  throw badSearch(badQuery, [{ field, detail: `Query param "${field}" must be a valid boolean` }]);
}

/** @param value in lower case. */
function matcher(key: string, value: string): (chat: FakeChat) => boolean {
  const has = (text: string | undefined) => text?.toLowerCase().includes(value) ?? false;
  switch (key) {
    case "title":
      return ({ title }) => has(title);
    case "search":
      return ({ title, pullRequest, turns }) =>
        has(title) || has(pullRequest?.title) || turns.messages.some(({ content }) => has(textOf(content)));
    case "pr":
      return ({ pullRequest }) => `${pullRequest?.number}` === value;
    case "pr_title":
      return ({ pullRequest }) => has(pullRequest?.title);
    case "pr_status":
      return ({ pullRequest: found }) =>
        found !== undefined && value.split(",").includes(found.draft ? "draft" : (found.state ?? "open"));
    case "diff_url":
      return ({ pullRequest }) => pullRequest?.url.toLowerCase() === value;
    case "repo":
      return ({ pullRequest }) => has(pullRequest && new URL(pullRequest.url).pathname);
    default:
      return () => true;
  }
}
