import { amount } from "./amount.js";
import type { KeptLine, KeptLines } from "./kept-lines.js";

/** Bytes that the mark of a gap takes at most. */
const gapBytes = 64;

/**
 * The text of `kept` within `budget` bytes. A log that fits is shown whole. Of another, the tail has a quarter;
 * the first errors, for causes come first, have most of the rest, the last errors what these leave.
 */
export function textOf(kept: KeptLines, budget: number): string {
  if (kept.size - 1 <= budget) return kept.tail.map(({ text }) => text).join("\n");
  const { causes, hints, tail } = kept;
  const chosen = new Chosen(gapBytes);
  const newest = tail.reverse();
  chosen.take(newest, budget * 0.25);
  chosen.take(causes.first, budget * 0.65);
  chosen.take(causes.last.reverse(), budget * 0.8);
  chosen.take(hints.first, budget * 0.9);
  chosen.take(hints.last.reverse(), budget * 0.95);
  chosen.take(causes.first, budget);
  chosen.take(newest, budget);
  return withGaps(chosen.lines(), kept);
}

/** Lines that are shown, and what they take. */
class Chosen {
  readonly #lines = new Map<number, KeptLine>();

  constructor(
    /** What the marks take so far: one gap, before the first line is chosen. */
    private spent: number,
  ) {}

  /** Chooses lines in this order as long as all that is chosen takes at most `limit` bytes. */
  take(lines: readonly KeptLine[], limit: number): void {
    for (const line of lines) {
      if (this.#lines.has(line.number)) continue;
      const touches = this.#lines.has(line.number - 1) || this.#lines.has(line.number + 1);
      const cost = line.size + (touches ? 0 : gapBytes);
      if (this.spent + cost > limit) return;
      this.spent += cost;
      this.#lines.set(line.number, line);
    }
  }

  lines(): KeptLine[] {
    return [...this.#lines.values()].sort((a, b) => a.number - b.number);
  }
}

function withGaps(lines: KeptLine[], { lines: allLines, bytes: allBytes }: KeptLines): string {
  const out: string[] = [];
  let place = { lines: 0, bytes: 0 };
  for (const line of lines) {
    if (line.linesBefore > place.lines) {
      out.push(gap(line.linesBefore - place.lines, line.bytesBefore - place.bytes));
    }
    out.push(line.text);
    place = { lines: line.linesBefore + line.lines, bytes: line.bytesBefore + line.bytes };
  }
  if (place.lines < allLines) out.push(gap(allLines - place.lines, allBytes - place.bytes));
  return out.join("\n");
}

const gap = (lines: number, bytes: number): string =>
  `… (${lines.toLocaleString("en-US")} ${lines === 1 ? "line" : "lines"}, ${amount(bytes)} left out)`;
