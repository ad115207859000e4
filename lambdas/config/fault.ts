import { isBacktick } from "../text/look-alikes.js";

/** What is wrong with a config file, or only odd in it. Neither path nor message ever holds a value of the file. */
export interface Fault {
  /** 1-based, and within the file. */
  line: number;
  /** `scheduled_jobs[1].schedule`; empty where the file as a whole is meant. */
  path: string;
  /** Whole sentences: what is expected and what to do. Plain text with code in backticks. */
  message: string;
}

/** Keys and, in arrays, 0-based indexes. */
export type Path = readonly PropertyKey[];

/** A fault whose line is still to be found. */
export interface Finding {
  path: Path;
  message: string;
}

const maxKeyCharacters = 40;
const maxPathCharacters = 200;

/**
 * The path as TOML has it: `on_event.failed_run[0]."my key"`. Keys come from the file, so whatever could act in
 * Markdown, a terminal or a line of text is escaped as TOML escapes it, and what is long is cut.
 */
export function pathText(path: Path): string {
  let text = "";
  for (const segment of path) {
    if (typeof segment === "number") text += `[${segment}]`;
    else text += (text === "" ? "" : ".") + keyText(String(segment));
  }
  return cut(text, maxPathCharacters);
}

function cut(text: string, length: number): string {
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length).join("")}…`;
}

function keyText(key: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(key) && key.length <= maxKeyCharacters) return key;
  const isCut = Array.from(key).length > maxKeyCharacters;
  const shown = Array.from(key).slice(0, maxKeyCharacters).map(inert).join("");
  return `"${shown}${isCut ? "…" : ""}"`;
}

/** A letter, a digit or a harmless sign as it is; anything else as `\u0060`. */
function inert(character: string): string {
  const isPlain = /^(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N} ._:/+-]$/u.test(character);
  if (isPlain && !isBacktick(character)) return character;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
