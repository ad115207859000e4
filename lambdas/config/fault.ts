import { isBacktick } from "../text/look-alikes.js";

/** An error or a warning about a config file. Path and message never contain a value of the file. */
export interface Fault {
  /** 1-based, always within the file. */
  line: number;
  /** Such as `scheduled_jobs[1].schedule`; empty if the fault is about the whole file. */
  path: string;
  /** Full sentences: what is expected and what to do. Plain text with code in backticks. */
  message: string;
}

/** Keys and, in arrays, 0-based indexes. */
export type Path = readonly PropertyKey[];

/** A fault without its line, which is found later. */
export interface Finding {
  path: Path;
  message: string;
}

const maxKeyCharacters = 40;
const maxPathCharacters = 200;

/**
 * The path in TOML's notation: `on_event.failed_run[0]."my key"`. Keys come from the file. So line ends and characters
 * with a meaning in Markdown or a terminal are escaped as in TOML, and long keys are cut.
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

/** Keeps letters, digits and harmless punctuation; escapes anything else, such as `\u0060`. */
function inert(character: string): string {
  const isPlain = /^(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N} ._:/+-]$/u.test(character);
  if (isPlain && !isBacktick(character)) return character;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
