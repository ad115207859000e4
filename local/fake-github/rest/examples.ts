import { createRequire } from "node:module";
import type { Json } from "./rest.js";

interface Example extends Json {
  action?: string;
  installation?: Json;
}

// `require` instead of an import, because TypeScript would infer a type from megabytes of JSON at each check.
const definitions: { name: string; examples: Example[] }[] = createRequire(import.meta.url)(
  "@octokit/webhooks-examples",
);

/**
 * A real GitHub payload from the public package `@octokit/webhooks-examples`: for that action if the package has
 * one (it lacks `issues.closed`, for example), and from a GitHub App's webhook if it has one.
 */
export function example(event: string, action?: string): Example {
  const all = definitions.find((definition) => definition.name === event)?.examples ?? [];
  const fitting = all.filter((payload) => payload.action === action);
  const candidates = fitting.length > 0 ? fitting : all;
  const found = candidates.find((payload) => payload.installation !== undefined) ?? candidates[0];
  if (!found) throw new Error(`@octokit/webhooks-examples has no event ${event}`);
  return structuredClone(found);
}

/** Replacements (old text, new text) for an example, given the example and the repositories that it names. */
export type Moves = (theirs: Json, fullNames: string[]) => [from: string, to: string][];

/** An object of an example as JSON, and the repositories that its URLs name. */
interface Source {
  theirs: Json;
  text: string;
  fullNames: string[];
}

function sourceOf(theirs: Json): Source {
  const text = JSON.stringify(theirs);
  const named = text.matchAll(/api\.github\.com\/repos\/([\w.-]+\/[\w.-]+)/g);
  return { theirs, text, fullNames: [...new Set([...named].map(([, name]) => name ?? ""))] };
}

function replaceAll(text: string, pairs: readonly [from: string, to: string][]): string {
  return pairs.reduce((moved, [from, to]) => moved.replaceAll(from, to), text);
}

/** Cached, because a list of a hundred comments uses the same objects over and over. */
const sources = new Map<string, Source>();
const movedObjects = new Map<string, Json>();
const keptObjects = 1000;

/** The name of an example, and of one of its objects. */
export type ExamplePath = [event: string, action: string | undefined, key?: string];

/** Freezes a value and everything in it. A `JSON.parse` reviver would take several times as long. */
function frozen<Value extends object>(value: Value): Value {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) frozen(part);
  return Object.freeze(value);
}

/** An example, or an object of it, with its repository and API replaced in all texts, mainly in its many URLs. Deeply frozen. */
export function moved([event, action, key]: ExamplePath, moves: Moves): Json {
  const path = `${event}.${action}.${key}`;
  const read = () =>
    sourceOf(key === undefined ? example(event, action) : asObject(example(event, action)[key]));
  const source = sources.get(path) ?? read();
  sources.set(path, source);
  const pairs = moves(source.theirs, source.fullNames);
  const id = `${path} ${JSON.stringify(pairs)}`;
  const object = movedObjects.get(id) ?? frozen(asObject(JSON.parse(replaceAll(source.text, pairs))));
  if (movedObjects.size >= keptObjects) movedObjects.clear();
  movedObjects.set(id, object);
  return object;
}

/** An object of an example, moved to our repository and merged with `ours`. */
export function fromExample(path: ExamplePath, moves: Moves, ours: Json): Json {
  return { ...moved(path, moves), ...ours };
}

/** Merges `ours` into `theirs`, object by object; arrays and plain values are replaced. */
export function laidOver(theirs: unknown, ours: unknown): unknown {
  if (!isObject(theirs) || !isObject(ours)) return ours;
  const result: Json = { ...theirs };
  for (const [key, value] of Object.entries(ours)) result[key] = laidOver(theirs[key], value);
  return result;
}

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const asObject = (value: unknown): Json => (isObject(value) ? value : {});
