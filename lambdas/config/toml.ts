import { parse, TomlDate, TomlError } from "smol-toml";
import type { Finding, Path } from "./fault.js";
import { syntaxAdvice } from "./toml-syntax.js";

/** A file of settings is a few KiB; GitHub's API gives up to 1 MB, and a task's input must stay far below 256 KiB. */
export const maxFileBytes = 64 * 1024;
/** Deeper than the deepest key by far. */
const maxDepth = 16;
/** Keys that mean something to JavaScript objects. None is a setting, and whoever writes one means no good. */
const reservedKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Stands for a date or time: no setting is one, and a `Date` would pass for a table. */
const date = Symbol("date");

export type Table = { [key: string]: unknown };

/** The text of the file and its tables as plain data; what was left out of it is among the findings. */
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

/** Reads TOML 1.1 in UTF-8. A byte order mark before it is allowed and counts for nothing. Never throws. */
export function readToml(file: Uint8Array): TomlDocument | Unreadable {
  if (file.length > maxFileBytes) {
    return { line: 1, message: `The file has more than ${maxFileBytes / 1024} KiB. Shorten its texts.` };
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
    return { line: Math.min(error.line, lineCount(text)), message: syntaxAdvice(error) };
  }
}

/** At least 1; a newline at the end begins no new line. */
export function lineCount(text: string): number {
  return Math.max(1, text.replace(/\n$/, "").split("\n").length);
}

function notUtf8(file: Uint8Array): Unreadable {
  const isUtf16 = (file[0] === 0xff && file[1] === 0xfe) || (file[0] === 0xfe && file[1] === 0xff);
  if (isUtf16) return { line: 1, message: "The file is in UTF-16. Save it in UTF-8." };
  // No character of several bytes has a newline among them, so each line can be tried for itself.
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
  return { line, message: "There are bytes that are not UTF-8. Save the file in UTF-8." };
}

/** A copy that owns what it shows and nothing else. */
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
    findings.push({ path, message: `Nested more than ${maxDepth} levels deep. No setting is; remove it.` });
    return undefined;
  }
  if (!Array.isArray(value)) return plainTable(value, path, findings);
  return value.map((item: unknown, index) => plain(item, [...path, index], findings));
}
