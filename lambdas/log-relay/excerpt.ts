import { byteLength } from "../text/bytes.js";
import { Digest } from "./digest.js";
import { LineFormatter } from "./formatted-line.js";
import { KeptLines } from "./kept-lines.js";
import { LogWindow } from "./log-window.js";
import { RawLines } from "./raw-lines.js";
import { Redactor } from "./redact.js";
import type { Period } from "./scores.js";

/** Longer lines are cut to this many bytes. */
const longestLineBytes = 1000;

/** How much of a log is held, as a multiple of `budget`. */
const heldBudgets = 6;

/** How much of a log's end is held at least, as a multiple of `budget`; merging and cutting lines makes it shorter. */
const tailBudgets = 1.5;

/**
 * Reads a log to its end and holds the lines that an excerpt of at most `budget` bytes (UTF-8) may need. That is a few
 * times as much, for a log of any size. Redacts secrets. Prefers lines of the periods in which steps `failed`. Throws
 * only errors of `chunks`.
 */
export async function digestOf(
  chunks: AsyncIterable<Uint8Array>,
  budget: number,
  failed: readonly Period[] = [],
): Promise<Digest> {
  const kept = new KeptLines(budget, budget * heldBudgets);
  const formatter = new LineFormatter(Math.min(longestLineBytes, budget / 8), (line) => kept.add(line));
  const skip = (lines: number, bytes: number) => {
    formatter.end();
    kept.skip(lines, bytes);
  };
  const redactor = new Redactor((line) => {
    if (line.wanted) formatter.add(line);
    else skip(1, byteLength(line.text) + line.missing + byteLength(line.end) + 1);
  });
  const window = new LogWindow(budget * heldBudgets, {
    add: (line) => redactor.add(line),
    needsNext: () => redactor.needsNext(),
    skip,
    release: (page) => lines.reuse(page),
  });
  const lines = new RawLines((page) => window.add(page));
  for await (const chunk of chunks) lines.add(chunk);
  lines.end();
  window.end(budget * tailBudgets);
  redactor.end();
  formatter.end();
  return new Digest(kept, failed);
}

/**
 * The lines of a job's log that say why the job failed, as plain text of at most `budget` bytes: the lines around matches
 * of error patterns, and the tail. Every gap shows how much is left out.
 *
 * @example const text = await excerptOf(createReadStream("job.log"), 8 * 1024);
 */
export async function excerptOf(chunks: AsyncIterable<Uint8Array>, budget: number): Promise<string> {
  return (await digestOf(chunks, budget)).text(budget);
}
