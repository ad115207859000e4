import { stripVTControlCharacters } from "node:util";

/** A column: its heading, and what it shows of a row. */
export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | undefined;
}

/** Rows as text, one a line, in aligned columns; the last column is cut if a line is longer than `width` characters. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width: number): string {
  const cells = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? "–").replace(/\s+/g, " "))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => lengthOf(line[index] ?? ""))));
  return cells
    .map((line) => {
      const padded = line.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - lengthOf(cell)));
      return cut(padded.join("  ").trimEnd(), width);
    })
    .join("\n");
}

function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

function cut(line: string, width: number): string {
  return lengthOf(line) > width ? `${stripVTControlCharacters(line).slice(0, width - 1)}…` : line;
}
