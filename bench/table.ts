import type { Figures, Row } from "./figures.js";

/** The figures as a table in plain text. A value is followed by its aim, if it has one, and `!` if it misses the aim. */
export function printed({ title, how, rows }: Figures): string {
  const columns = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  const lines = [
    ["", ...columns],
    ...rows.map((row) => [row.name, ...columns.map((name) => cell(row, name))]),
  ];
  const widths = ["", ...columns].map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  const table = lines.map((line) =>
    line
      .map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)))
      .join("   ")
      .trimEnd(),
  );
  return [title, ...(how === undefined ? [] : [how]), "", ...table].join("\n");
}

function cell({ values, aims, leasts }: Row, column: string): string {
  const value = values[column];
  if (value === undefined) return "";
  const most = aims?.[column];
  const least = leasts?.[column];
  if (most !== undefined) return `${readable(value)} (${value > most ? "! " : ""}aim ≤ ${most})`;
  if (least !== undefined) return `${readable(value)} (${value < least ? "! " : ""}aim ≥ ${least})`;
  return readable(value);
}

function readable(value: number): string {
  if (Number.isInteger(value) || value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 4);
}
