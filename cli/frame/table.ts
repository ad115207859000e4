import { stripVTControlCharacters } from "node:util";

/** A column: its heading, and the value that it shows for a row. */
export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | undefined;
  /** For the last column: its values, such as addresses, must not be cut, so the terminal has to wrap them. */
  isWhole?: boolean;
}

/** The minimum width of the last column. */
const leastWidth = 20;

/**
 * Rows as text, one per line, in aligned columns. If a line is longer than `width` characters, the last column is cut. If
 * too little of it would be left, each row becomes a paragraph with one line per column.
 */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string {
  const cells = rows.map((row) => columns.map(({ value }) => String(value(row) ?? "–").replace(/\s+/g, " ")));
  const titles = columns.map(({ title }) => title);
  const lines = [titles, ...cells];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => lengthOf(line[index] ?? ""))));
  const last = widths.at(-1) ?? 0;
  const others = widths.slice(0, -1).reduce((sum, each) => sum + each + 2, 0);
  if (others + Math.min(last, leastWidth) > width) return paragraphs(titles, cells);
  const room = columns.at(-1)?.isWhole ? Number.POSITIVE_INFINITY : width;
  return lines
    .map((line) => {
      const padded = line.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - lengthOf(cell)));
      return cut(padded.join("  ").trimEnd(), room);
    })
    .join("\n");
}

function paragraphs(titles: readonly string[], rows: readonly string[][]): string {
  const longest = Math.max(...titles.map((title) => title.length));
  const paragraph = (row: readonly string[]) =>
    row.map((cell, index) => `${(titles[index] ?? "").padEnd(longest)}  ${cell}`).join("\n");
  return rows.map(paragraph).join("\n\n");
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function cut(line: string, width: number): string {
  return lengthOf(line) > width ? `${stripVTControlCharacters(line).slice(0, width - 1)}…` : line;
}
