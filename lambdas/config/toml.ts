import { parse, TomlDate, TomlError } from "smol-toml";
import type { Finding, Path } from "./fault.js";
import { syntaxAdvice } from "./toml-syntax.js";

/** A config has a few KiB. GitHub's API returns up to 1 MB, but a task's input must stay far below 256 KiB. */
export const maxFileBytes = 64 * 1024;
/** Far deeper than the deepest setting. */
const maxDepth = 16;
/**
 * Keys with a special meaning in JavaScript objects. No setting has one of these names, so a file that uses one is an
 * attack.
 */
const reservedKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Replaces a date or time. No setting is one, and a `Date` would look like a table. */
const date = Symbol("date");

export type Table = { [key: string]: unknown };

/** The text of the file, and its tables as plain data. The findings list the parts that were left out. */
export interface TomlDocument {
  text: string;
  root: Table;
  findings: Finding[];
}

/** A file that cannot be read at all, for one reason at one line. */
export interface Unreadable {
  line: number;
  message: string;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads TOML 1.1 in UTF-8. A byte order mark is allowed and ignored. Never throws. */
export function readToml(file: Uint8Array): TomlDocument | Unreadable {
  if (file.length > maxFileBytes) {
    return { line: 1, message: `The file is larger than ${maxFileBytes / 1024} KiB. Shorten its texts.` };
  }
  let text: string;
  try {
    text = utf8.decode(file);
  } catch {
    return notUtf8(file);
  }
  try {
    const parsed = parse(text, { maxDepth, integersAsBigInt: "asNeeded" });
    const findings: Finding[] = [];
    return { text, root: plainTable(parsed, [], findings), findings };
  } catch (error) {
    if (!(error instanceof TomlError)) return { line: 1, message: "The file cannot be read as TOML." };
    const line = text.split("\n")[error.line - 1] ?? "";
    return { line: Math.min(error.line, lineCount(text)), message: syntaxAdvice(error, line) };
  }
}

/** At least 1; a newline at the end starts no new line. */
export function lineCount(text: string): number {
  return Math.max(1, text.replace(/\n$/, "").split("\n").length);
}

function notUtf8(file: Uint8Array): Unreadable {
  const isUtf16 = (file[0] === 0xff && file[1] === 0xfe) || (file[0] === 0xfe && file[1] === 0xff);
  if (isUtf16) return { line: 1, message: "The file is in UTF-16. Save it in UTF-8." };
  // No multi-byte character contains the byte of a newline, so each line can be decoded alone.
  let line = 1;
  for (let start = 0; ; line++) {
    const newline = file.indexOf(0x0a, start);
    const isLast = newline < 0;
    try {
      utf8.decode(isLast ? file.subarray(start) : file.subarray(start, newline));
    } catch {
      break;
    }
    if (isLast) break;
    start = newline + 1;
  }
  return { line, message: "This line has bytes that are not UTF-8. Save the file in UTF-8." };
}

/** A deep copy without inherited properties. */
function plainTable(table: object, path: Path, findings: Finding[]): Table {
  const copy: Table = Object.create(null);
  for (const [key, value] of Object.entries(table)) {
    const here = [...path, key];
    if (reservedKeys.has(key)) {
      findings.push({ path: here, message: "This name cannot be a key. Rename or remove it." });
    } else {
      copy[key] = plain(value, here, findings);
    }
  }
  return copy;
}

function plain(value: unknown, path: Path, findings: Finding[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof TomlDate) return date;
  if (path.length >= maxDepth) {
    findings.push({
      path,
      message: `Nested more than ${maxDepth} levels deep. No setting needs this; remove it.`,
    });
    return undefined;
  }
  if (!Array.isArray(value)) return plainTable(value, path, findings);
  return value.map((item: unknown, index) => plain(item, [...path, index], findings));
}
