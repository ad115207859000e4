import fc, { type GeneratorValue } from "fast-check";

/** Writes documents in all forms that TOML offers, and records the line of each key and entry. */

export type Tree = { [key: string]: Value };
export type Value = string | number | boolean | Value[] | Tree;

const keys = [
  "a",
  "b-1",
  "_",
  "7",
  "a.b",
  "two words",
  'quo"te',
  "apo'strophe",
  "back\\slash",
  "ü",
  "#no",
  "[x]",
  "",
];
const texts = fc.oneof(
  fc.constantFrom(
    "",
    "plain",
    "# no comment",
    '"',
    '""',
    '"""',
    "'",
    "''",
    "'''",
    "a\nb",
    "\n[x]\n",
    "a = 1",
    "\\",
    "\t",
    '\\"',
  ),
  fc.string({
    unit: fc.constantFrom('"', "'", "\\", "\n", "#", "[", "]", "{", "}", ",", "=", "x", "ü", "💡", " "),
  }),
);

export const anyTree: fc.Arbitrary<Tree> = fc.letrec<{ value: Value; tree: Tree }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(texts, fc.integer(), fc.boolean()),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }),
    tie("tree"),
  ),
  tree: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 4, noNullPrototype: true }),
})).tree;

export interface Written {
  toml: string;
  /** The lines of all keys and entries. */
  lines: { path: (string | number)[]; line: number }[];
}

type Path = (string | number)[];

const isTree = (value: Value): value is Tree => typeof value === "object" && !Array.isArray(value);

export class TomlWriter {
  #toml = "";
  readonly #lines = new Map<string, number>();
  readonly #pick: GeneratorValue;
  readonly #newline: string;

  private constructor(pick: GeneratorValue) {
    this.#pick = pick;
    this.#newline = pick(fc.constantFrom, "\n", "\r\n");
  }

  /** `pick` chooses every form. */
  static write(tree: Tree, pick: GeneratorValue): Written {
    const writer = new TomlWriter(pick);
    if (pick(fc.boolean)) writer.#toml = "\ufeff";
    writer.#table(tree, []);
    const lines = [...writer.#lines].map(([path, line]) => ({ path: JSON.parse(path) as Path, line }));
    return { toml: writer.#toml, lines };
  }

  #put(text: string): void {
    this.#toml += text.replaceAll("\n", this.#newline);
  }

  /** Records the first line that mentions a path. */
  #note(path: Path): void {
    const key = JSON.stringify(path);
    if (!this.#lines.has(key)) this.#lines.set(key, this.#toml.split("\n").length);
  }

  #table(tree: Tree, path: Path): void {
    const later: [string, Tree | Tree[]][] = [];
    for (const [key, value] of Object.entries(tree)) {
      const isList = Array.isArray(value) && value.length > 0 && value.every(isTree);
      if (isTree(value) || isList) {
        const form = this.#pick(fc.constantFrom, "header", "inline", "dotted");
        if (form === "header") {
          later.push([key, value as Tree | Tree[]]);
          continue;
        }
        if (form === "dotted" && isTree(value) && Object.keys(value).length > 0) {
          for (const [inner, leaf] of Object.entries(value)) this.#line([...path, key], [key, inner], leaf);
          continue;
        }
      }
      this.#line(path, [key], value);
    }
    for (const [key, value] of later) {
      const here = [...path, key];
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) {
          this.#header("[[", here, "]]");
          this.#note([...here, index]);
          this.#endLine();
          this.#table(item, [...here, index]);
        }
      } else {
        this.#header("[", here, "]");
        this.#endLine();
        this.#table(value, here);
      }
    }
  }

  #header(opening: string, path: Path, closing: string): void {
    this.#blank();
    for (const [index] of path.entries()) this.#note(path.slice(0, index + 1));
    const names = path.filter((part) => typeof part === "string");
    this.#put(
      opening + names.map((name) => this.#space() + this.#key(name) + this.#space()).join(".") + closing,
    );
  }

  /** `parent` is the path of the table that contains the last key. */
  #line(parent: Path, names: string[], value: Value): void {
    this.#blank();
    if (names.length > 1) this.#note(parent);
    const here = [...parent, names.at(-1) ?? ""];
    this.#note(here);
    this.#put(names.map((name) => this.#key(name) + this.#space()).join(`.${this.#space()}`));
    this.#put(`=${this.#space()}`);
    this.#value(value, here);
    this.#endLine();
  }

  #value(value: Value, path: Path): void {
    if (typeof value === "string") this.#put(this.#text(value));
    else if (Array.isArray(value)) {
      this.#put("[");
      for (const [index, item] of value.entries()) {
        this.#gap();
        this.#note([...path, index]);
        this.#value(item, [...path, index]);
        this.#gap();
        if (index < value.length - 1 || this.#pick(fc.boolean)) this.#put(",");
      }
      this.#gap();
      this.#put("]");
    } else if (typeof value === "object") {
      this.#put("{");
      for (const [index, [key, inner]] of Object.entries(value).entries()) {
        this.#put(index > 0 ? "," : "");
        this.#gap();
        this.#note([...path, key]);
        this.#put(`${this.#key(key)}${this.#space()}=${this.#space()}`);
        this.#value(inner, [...path, key]);
        this.#gap();
      }
      this.#put("}");
    } else this.#put(String(value));
  }

  #text(text: string): string {
    const forms = [JSON.stringify(text)];
    const start = text.startsWith("\n") || this.#pick(fc.boolean) ? "\n" : "";
    forms.push(`"""${start}${text.replaceAll("\\", "\\\\").replaceAll('"""', '""\\"')}"""`);
    if (!/['\n]/.test(text)) forms.push(`'${text}'`);
    if (!text.includes("'''")) forms.push(`'''${start}${text}'''`);
    return this.#pick(fc.constantFrom, ...forms);
  }

  #key(key: string): string {
    const forms = [JSON.stringify(key)];
    if (/^[A-Za-z0-9_-]+$/.test(key)) forms.push(key, key);
    if (!key.includes("'")) forms.push(`'${key}'`);
    return this.#pick(fc.constantFrom, ...forms);
  }

  #space(): string {
    return this.#pick(fc.constantFrom, "", " ", "\t ");
  }

  /** The text between the entries of a list, perhaps with line ends. */
  #gap(): void {
    this.#put(this.#pick(fc.constantFrom, "", " ", "\n", ' # ] } , """\n', "\n\n"));
  }

  #blank(): void {
    this.#put(this.#pick(fc.constantFrom, "", "", "\n", "# [x]\n", "  # a = '''\n\n", "  "));
  }

  #endLine(): void {
    this.#put(this.#pick(fc.constantFrom, "\n", ' # "\n', " \n"));
  }
}
