import { parse } from "smol-toml";
import type { Path } from "./fault.js";

/** Finds the line on which a key, a table or an entry of an array begins, because smol-toml gives no positions. */
export class TomlLines {
  readonly #root: Place;

  /** Reads a valid document. For any other text the lines are a best effort. Never throws. */
  constructor(toml: string) {
    this.#root = new Reader(toml).document();
  }

  /** The 1-based line of the value at the path; if there is none, of the nearest table or array around it. */
  lineOf(path: Path): number {
    let place = this.#root;
    for (const segment of path) {
      const next = typeof segment === "number" ? place.items[segment] : place.keys.get(String(segment));
      if (!next) break;
      place = next;
    }
    return place.line;
  }
}

/** A value of the document, or the table that it is part of. */
class Place {
  readonly keys = new Map<string, Place>();
  readonly items: Place[] = [];
  /** False for a table that appears only in the header of a deeper table. */
  isDefined = false;

  constructor(public line: number) {}

  /** Finds or creates the node of a key. As in TOML, an array of tables means its last table. */
  at(key: string, line: number): Place {
    const table = this.items.at(-1) ?? this;
    let place = table.keys.get(key);
    if (!place) {
      place = new Place(line);
      table.keys.set(key, place);
    }
    return place;
  }

  define(line: number): void {
    if (!this.isDefined) this.line = line;
    this.isDefined = true;
  }
}

/** Values deeper than this get the line of the value around them. */
const maxDepth = 100;

/** Reads the text in one pass. Every loop advances or ends, whatever the text. */
class Reader {
  readonly #toml: string;
  #at = 0;
  /** The line of `#counted`, up to which newlines have been counted. */
  #line = 1;
  #counted = 0;

  constructor(toml: string) {
    this.#toml = toml;
  }

  document(): Place {
    const root = new Place(1);
    let table = root;
    if (this.#toml.startsWith("\ufeff")) this.#at++;
    while (this.#skip(blanks)) {
      if (this.#next() === "[") table = this.#header(root);
      else this.#keyValue(table, 0);
      this.#skip(restOfLine);
    }
    return root;
  }

  /** `[a.b]` or `[[a.b]]`, and the table that it opens. */
  #header(root: Place): Place {
    const line = this.#currentLine();
    const brackets = this.#take(/\[\[?/y);
    let table = root;
    for (const key of this.#keys()) table = table.at(key, line);
    table.define(line);
    if (brackets === "[[") table.items.push(new Place(line));
    return table;
  }

  /** `a.b = value` */
  #keyValue(table: Place, depth: number): void {
    const start = this.#at;
    const line = this.#currentLine();
    let place = table;
    for (const key of this.#keys()) place = place.at(key, line);
    place.define(line);
    this.#skip(/[ \t]*=?[ \t]*/y);
    this.#value(place, depth);
    if (this.#at === start) this.#at++;
  }

  /** The parts of a dotted key. */
  #keys(): string[] {
    const keys = [];
    do {
      this.#skip(/[ \t]*/y);
      const key = this.#take(/"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|[A-Za-z0-9_-]+/y);
      if (key === "") break;
      keys.push(unquoted(key));
      this.#skip(/[ \t]*/y);
    } while (this.#take(/\./y) !== "");
    return keys;
  }

  #value(place: Place, depth: number): void {
    const first = this.#next();
    if (depth < maxDepth && first === "[") {
      this.#list("]", () => {
        const item = new Place(this.#currentLine());
        place.items.push(item);
        this.#value(item, depth + 1);
      });
    } else if (depth < maxDepth && first === "{") {
      this.#list("}", () => this.#keyValue(place, depth + 1));
    } else if (first === '"' || first === "'") {
      this.#skip(text);
    } else {
      this.#skip(/[^,\]}#\r\n]*/y);
    }
  }

  /** The comma-separated content of brackets. */
  #list(end: "]" | "}", entry: () => void): void {
    this.#at++;
    while (this.#skip(separators) && this.#next() !== end) {
      const start = this.#at;
      entry();
      if (this.#at === start) this.#at++;
    }
    this.#at++;
  }

  #next(): string {
    return this.#toml.charAt(this.#at);
  }

  /** The match of a sticky expression at the current position, if any; advances behind it. */
  #take(expression: RegExp): string {
    expression.lastIndex = this.#at;
    const [taken = ""] = expression.exec(this.#toml) ?? [];
    this.#at += taken.length;
    return taken;
  }

  /** The same; returns whether text remains. */
  #skip(expression: RegExp): boolean {
    this.#take(expression);
    return this.#at < this.#toml.length;
  }

  #currentLine(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#toml[this.#counted] === "\n") this.#line++;
    return this.#line;
  }
}

/** Whitespace and comments. */
const blanks = /(?:[ \t\r\n]|#[^\n]*)*/y;
const separators = /(?:[ \t\r\n,]|#[^\n]*)*/y;
const restOfLine = /[^\n]*/y;
/** Strings of all four kinds. Up to two quotes at the end of a multi-line string may be part of it. */
const text =
  /"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}|'''(?:[^']|'{1,2}(?!'))*'{3,5}|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'/y;

function unquoted(key: string): string {
  if (!/^["']/.test(key)) return key;
  try {
    return String(parse(`key = ${key}`).key);
  } catch {
    return key;
  }
}
