import { Refusal, type Validation } from "./coder-api.js";

/** A parsed query in Coder's search syntax. A repeated key keeps its values in order. */
export interface SearchQuery {
  terms: Map<string, string[]>;
  /** The terms without a key. */
  words: string[];
}

/** `key:value` pairs and bare words, separated by spaces; quotes keep a value together. Everything is in lower case. */
export function parseSearch(q: string, known: string[], message: string): SearchQuery {
  const query: SearchQuery = { terms: new Map(), words: [] };
  for (const part of q.toLowerCase().match(/(?:[^\s"]|"[^"]*")+/g) ?? []) {
    const colon = part.indexOf(":");
    const value = part.slice(colon + 1).replaceAll('"', "");
    if (colon < 0) {
      query.words.push(value);
      continue;
    }
    const key = part.slice(0, colon);
    query.terms.set(key, [...(query.terms.get(key) ?? []), value]);
  }
  const unknown = [...query.terms.keys()].filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw badSearch(
      message,
      unknown.map((field) => ({ field, detail: `"${field}" is not a valid query param` })),
    );
  }
  return query;
}

export function badSearch(message: string, validations: Validation[]): Refusal {
  return new Refusal(400, message, undefined, validations);
}
